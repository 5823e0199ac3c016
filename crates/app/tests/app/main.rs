//! What no client can see or do through one request: restarts, crashes, callers who vanish, keys, limits of many at once.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod budgets;
mod keys;
mod reconcile;
mod restart;
mod vanishing;
