//! What the store promises, played on every engine: scenes that are the same everywhere, and what each engine has to endure
//! of its own (crashes, full disks, servers that go away).
//!
//! To add a scene: a function in `tests/store/conformance`, and its name in the suite there.
