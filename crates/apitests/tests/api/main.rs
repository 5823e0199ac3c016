//! The server as its clients see it: real router, real use cases, real database, a model with a script.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod adapters;
mod agents;
mod foreign_ids;
mod lane;
mod load;
mod matrix;
mod me;
mod models;
mod ops;
mod origins;
mod postgres;
mod residents;
mod same_id;
mod sessions;
mod setup;
mod streams;
