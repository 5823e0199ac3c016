//! What is kept: a repository for each kind of thing.
//!
//! A [`Db`] is opened once and cloned freely. Reading functions of the repositories take it and answer; writing
//! functions return [`Write`]s, which the use case puts into one [`Batch`], so that everything that belongs together
//! is kept together:
//!
//! ```no_run
//! # use store::{Batch, Db, Durability, Scope, StoreError, runs, messages, threads};
//! # async fn start(db: &Db, scope: Scope, ask: &wire::Message, run: &wire::Run) -> Result<(), StoreError> {
//! let mut batch = Batch::new(Durability::Full);
//! batch.extend(messages::insert(scope, ask));
//! batch.push(runs::insert(scope, run));
//! batch.push(threads::touch(scope, run.thread_id, run.created_at));
//! match db.write(batch).await {
//!     Err(StoreError::Conflict { name: runs::INSERT }) => { /* the same request came before: replay its answer */ }
//!     other => { other?; }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Every batch is kept whole or not at all, and a failure names the write whose expectation was not met. There are no
//! open transactions between two calls. Each query for personal data takes a [`Scope`] and sees nothing outside of it.
//!
//! # How to add a repository
//! 1. A file named after the thing, with its row type, its constants for the names of expectations, functions that
//!    return [`Write`]s and async functions that read. `pub mod` it here.
//! 2. SQL with `?1`, `?2`, … that is valid on SQLite and on Postgres: no function of one engine, no `IS NULL` on a
//!    parameter, casts written as `CAST(… AS …)`. `ON CONFLICT`, `RETURNING`, recursive `WITH` and comparisons of
//!    rows are fine.
//! 3. An index for each list, and a line in `tests/plans.rs` of `storetests`, which fails on a query that scans or sorts a
//!    table.
//! 4. A scene in `storetests`, which every engine plays, with another member and another workspace in it.
//!
//! Migrations and engines are the crate `db`, whose words a use case needs stand here too.

pub mod admin_acts;
pub mod alerts;
pub mod budgets;
pub mod charges;
pub mod events;
pub mod groups;
pub mod invitations;
pub mod join_requests;
pub mod keys;
pub mod layouts;
pub mod ledger;
pub mod members;
pub mod messages;
pub mod order_refunds;
pub mod orders;
pub mod payment_messages;
pub mod pins;
pub mod providers;
pub mod recovery;
pub mod requests;
pub mod responses;
pub mod room;
pub mod routes;
pub mod runs;
pub mod second_factors;
pub mod sessions;
pub mod spending;
pub mod subscriptions;
pub mod threads;
mod token;
pub mod tool_leaves;
pub mod vouchers;
pub mod wallet;
pub mod workspaces;

pub use db::{
    Batch, Cause, Changes, Cursor, CursorError, Db, Durability, Link, MAX_PAGE, OpenOptions, Page, Place,
    Stats, StoreError, TransferError, Write, transfer,
};

pub use alerts::{Alert, AlertScope};
pub use budgets::{Budget, BudgetOf, NamedBudget};
pub use events::Segment;
pub use groups::Group;
pub use invitations::Invitation;
pub use join_requests::JoinRequest;
pub use keys::{ApiKey, BudgetTerm, Face, KeyBudget, KeyScope};
pub use members::{Member, MemberKind, MemberRole};
pub use messages::MessagePage;
pub use orders::OrderRow;
pub use people::Scope;
pub use recovery::RecoveryLink;
pub use runs::{Finish, LiveRun};
pub use second_factors::SecondFactor;
pub use sessions::Session;
pub use threads::Thread;
pub use token::TokenHash;
pub use workspaces::{SignUp, Workspace};
