//! Vendors that behave, and vendors that do not, over real connections.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod answers;
mod change;
mod cuts;
mod fake;
mod faults;
mod limits;
mod vendor;
