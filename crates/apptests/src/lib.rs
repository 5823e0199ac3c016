//! What use cases promise that no client can see or do through one request: restarts, crashes, full disks, callers who vanish,
//! keys, and what gateways say while members wait.
//!
//! To add a scene: a function in the file of `tests/app` that is about its like, or a file of its own there.
