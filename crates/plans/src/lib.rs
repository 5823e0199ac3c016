//! What members may use, without a clock or a database.
//!
//! A [`Plan`] is a file: what it costs, what it gives access to, how much of it and how fast, and what happens when that
//! is used up. [`check`] holds a request against a plan and the [`Budget`]s above it, and either lets it go or says why
//! not and what to do about it. A [`Subscription`] says which plan a member holds and when its periods begin and end; a
//! [`Voucher`] gives credit or a plan to whoever has its code. What was used, what is in the wallet and what time it is
//! are arguments. [`Tallies`] remember what of sums will never change.
//!
//! To add a plan: a file in `data/plans/`; [`Plan`] says what each field means. To add a limit: a `[[rate]]` or an
//! `[[allowance]]` in a plan's file; a new kind of window is a variant of [`Window`]. When people are told how much they used is
//! data, too: [`Thresholds`].

mod budget;
mod calendar;
mod check;
mod day;
mod file;
mod plan;
mod subscription;
mod tallies;
mod thresholds;
mod voucher;
mod window;

pub use budget::{Budget, Scope, Term};
pub use calendar::{Every, Period};
pub use check::{Ask, Grant, Pay, Reason, Refusal, Remedy, Standing, Verdict, check, left};
pub use day::Day;
pub use file::PlanError;
pub use plan::{Access, Allowance, AtEnd, Names, Patterns, Plan, Plans};
pub use subscription::{Bought, Next, Subscription, SubscriptionError, Turn};
pub use tallies::{Guard, Read, Spent, Standings, Tallies, Ticket, before};
pub use thresholds::{Thresholds, ThresholdsError};
pub use voucher::{Redeemed, Voucher, VoucherError, VoucherLimit, Worth};
pub use window::{Fill, Measure, Room, Use, Window};
