//! The server as its clients see it: real router, real use cases, real database, a model with a script.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod adapters;
mod agents;
mod bad_input;
mod foreign_ids;
mod invitations;
mod key_limits;
mod lane;
mod load;
mod matrix;
mod me;
mod members;
mod models;
mod ops;
mod origins;
mod passwords;
mod postgres;
mod residents;
mod same_id;
mod second_factor;
mod sessions;
mod setup;
mod sign_up;
mod streams;
