//! What is chosen, why, and what holds whatever the facts are.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod checking;
mod choices;
mod evaluating;
mod files;
mod laws;
mod reading;
mod world;
