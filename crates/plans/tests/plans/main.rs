//! Plans as files, requests held against them, subscriptions and vouchers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod files;
mod requests;
mod subscriptions;
mod support;
mod vouchers;
