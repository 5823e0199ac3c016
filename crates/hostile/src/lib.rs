//! For tests of what strangers send: inputs that are broken in thousands of ways, and how much memory reading them costs.
//!
//! A crate that uses this has its allocations counted, by a global allocator before the one of the system.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what serves tests may panic")]

mod allocations;
mod mutation;

pub use allocations::{Allocations, counted};
pub use mutation::mutants;
