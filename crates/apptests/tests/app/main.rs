//! What no client can see or do through one request: restarts, crashes, full disks, callers who vanish, keys, and what
//! gateways say while members wait.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod budgets;
mod disk_full;
mod keys;
mod orders;
mod plan_orders;
mod reconcile;
mod restart;
mod run_faults;
mod shop;
mod strays;
mod vanishing;
mod webhooks;
