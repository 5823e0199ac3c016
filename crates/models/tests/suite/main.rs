//! Pulls against real servers on this machine, real files and the real pip client.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod bench;
mod http;
mod local;
mod pip;
mod server;
mod sharing;
mod store;
