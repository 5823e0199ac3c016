//! Levels of processors: which one this machine has, and the worker that was made for it.
//!
//! A release runs on every x86-64-v2 machine and carries, packed, a worker for each level above (`levels.toml`). At the
//! first start of a model the one that fits is unpacked beside the other caches, tried, and used from then on; it is held
//! against its hash before every start. Whenever that does not work, the program itself is the worker, as in a
//! developer's build, which carries none and is compiled for the machine it is built on.
//!
//! To add a level: an entry in `levels.toml`, the names of its features in `processor.rs`, and a measurement in
//! `docs/release.md` that says what it is worth.

mod choice;
mod levels;
mod packed;
mod processor;
mod shelf;
mod trial;
mod workers;

pub use choice::{Choice, Reason};
pub use levels::{Level, Levels};
pub use packed::Packed;
pub use processor::Features;
pub use workers::{Unusable, Workers};
