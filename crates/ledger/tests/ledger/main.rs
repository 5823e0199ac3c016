//! The ledger as a whole: what it accepts and refuses, what random histories keep, what the checker finds.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod checker;
mod commands;
mod histories;
mod statements;
mod support;
