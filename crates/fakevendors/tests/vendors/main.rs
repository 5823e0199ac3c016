//! What the vendors here do, as a real client and our own decoder hear it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod cuts;
mod faults;
mod invoice;
mod knobs;
mod streams;
mod vectors;
