//! Documents are read in a process of their own, one for each: what a stranger's file does there, it does to itself.
//!
//! ```text
//! server ── Reader::read(bytes) ──stdin──> hutong reading-worker: walls up, reading::read, JSON ──stdout──> Document
//! ```
//!
//! The worker has no file, no network, no program to start, so much memory and so much time, and an empty environment. It
//! reads one document and ends. One that needs more, hangs or brings it down costs its own answer: [`ReaderError`].
//!
//! | file | holds |
//! |---|---|
//! | `protocol.rs` | what goes through the pipes |
//! | `worker.rs` | the child: `run_worker` |
//! | `client.rs` | the server's side: [`Reader`] |

mod client;
mod protocol;
mod worker;

pub use client::{Reader, ReaderCommand, ReaderError};
pub use protocol::Grant;
pub use worker::run_worker;
