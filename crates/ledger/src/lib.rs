//! The ledger of a workspace, without a database: double entry, holds in two phases, and what must always be true.
//!
//! Everything that happens to money is a [`Command`] with an id that its sender made. [`decide`] is a pure function of
//! what is known ([`Known`]) and a command; it gives entries that balance and the hold as it is afterwards, says that
//! the command was carried out before, or refuses. Whoever stores the ledger performs the decision in one batch;
//! [`Book`] does it in memory and is what the tests run.
//!
//! A run is paid in two phases. Before it begins, its ceiling is moved from the member's allowance and wallet to an
//! account of the hold. It ends by exactly one of three commands: settle (the charge goes to revenue, the rest back),
//! release (all goes back), or, when its time is over, expire (by the journal). Nothing is charged beyond the hold
//! unless the hold was extended first. Who pays what for which outcome is a table of its own: [`Ending::shares`].
//!
//! What providers bill is compared with what was entered for them by [`reconcile`].
//!
//! [`breaches`] checks plain entries, holds and charges, wherever they were read from.
//!
//! To add a kind of movement: a [`Reason`], and which accounts it may move between in `reason.rs`.

mod account;
mod book;
mod check;
mod command;
mod decide;
mod entry;
mod error;
mod fold;
mod hold;
mod outcome;
mod reason;
mod reconcile;
mod savings;
mod statement;

pub use account::Account;
pub use book::{Applied, Book};
pub use check::{Breach, History, breaches};
pub use command::{Act, Bill, Command};
pub use decide::{Decision, Floors, Known, decide};
pub use entry::{Entry, EntrySet, Line};
pub use error::LedgerError;
pub use fold::FoldedStatement;
pub use hold::{Hold, HoldState, Leg};
pub use outcome::{Attempt, Basis, Ending, Outcome, Share, Shares};
pub use reason::Reason;
pub use reconcile::{Agreement, DayCost, Match, day_of, reconcile};
pub use savings::{Saved, SavedSum, Shadow, Shadows, WouldSum};
pub use statement::{Label, Month, Statement, StatementLine};
