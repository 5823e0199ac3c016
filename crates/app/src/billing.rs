//! What runs cost: prices, plans and the ledger, put together.
//!
//! Before any model is called a run is admitted (`admit.rs`): its plan must allow it, every window, budget and wallet
//! must have room for the most it can cost, and that is held in the same batch that stores the run. When it is over it
//! is settled (`settle.rs`, and `courses::shares` for who pays for which attempt) in the batch that stores its end. What a start
//! finds open was left by a crash and is settled by what was stored (`sweep.rs`). How a member stands is read in one look
//! (`look.rs`); which plan they have, and what begins and ends with it, is `holding.rs`. Budgets above the plan (`bounds.rs`)
//! are sums of charges, too; what of such sums will never change is remembered (`plans::Tallies`), and those who come near a limit
//! are told (`alerts.rs`). Calls that keep no thread have a tab of their own (`tab.rs`), also those that only the operator pays for (`trial.rs`).

mod admit;
mod alerts;
mod bounds;
mod hold;
mod holding;
mod look;
mod refusal;
mod running;
mod settle;
mod sweep;
mod tab;
mod trial;

use store::charges::Counted;
use store::{Scope, StoreError};

pub(crate) use admit::{Admitted, Wanted, is_outdated};
pub(crate) use alerts::Spenders;
pub(crate) use bounds::{Bound, term};
pub(crate) use hold::HOLD_SECONDS;
pub(crate) use holding::{Holding, MOST_LOOKS, Unpayable, busy, end, is_overtaken, keep, next_version};
pub(crate) use look::{Lasts, Seen};
pub(crate) use settle::{Ended, HoldSeen};
pub use sweep::{Books, check_books};
pub(crate) use tab::{Called, Tab, store_bill};

/// What of sums will never change.
pub(crate) type Tallies = plans::Tallies<Scope, Counted>;

/// Somebody who is being admitted.
pub(crate) type Ticket = plans::Ticket<Scope, Counted>;

/// True for a write of which nobody knows whether it was made.
pub(crate) fn is_unknown(error: &StoreError) -> bool {
    matches!(error, StoreError::Unknown(_))
}
