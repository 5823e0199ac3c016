//! What no client can see or do through one request: restarts, crashes, callers who vanish, keys.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod keys;
mod restart;
mod vanishing;
