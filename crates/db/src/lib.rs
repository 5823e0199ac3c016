//! The database: a file or a server, written in batches with expectations and brought to the newest form by migrations.
//!
//! A [`Db`] is opened once and cloned freely. A [`Write`] is one statement and how many rows it must change; writes are put
//! into one [`Batch`], which is kept whole or not at all, and a failure names the write whose expectation was not met. A
//! [`Query`] gives [`Row`]s, and several of them see one instant. There are no open transactions between two calls.
//!
//! What is asked and written is not known here: the repositories of `store` say it. Their SQL is the same on every engine.
//!
//! # How to add a migration
//! 1. `src/migrations/NNNN_name.sql` with the next number, and its line in `migrations.rs`.
//! 2. Types are `BIGINT` and `TEXT`; a `CREATE TABLE` ends with a line `);`. Only add: what the version before reads
//!    stays until the version after.
//! 3. Released files are never edited.
//!
//! # How to add an engine
//! A sibling of `sqlite` and `postgres` with the same five calls: open, write, read, stats, close. `Db` holds one of them;
//! repositories do not change. On every engine batches happen as if one came after the other, texts are ordered by their
//! bytes, and the scenes of the conformance suite (`storetests`) are played.

mod batch;
mod db;
mod error;
mod migrations;
mod page;
mod postgres;
mod sqlite;
mod stats;
pub mod transfer;
mod value;

pub use batch::{Batch, Changes, Durability, Expect, Write};
pub use db::{Db, Link, OpenOptions, Place, Query};
pub use error::{Cause, StoreError};
pub use page::{Cursor, CursorError, Keyset, MAX_PAGE, Page};
pub use stats::Stats;
pub use transfer::TransferError;
pub use value::{FromValue, Json, Row, Value, Word};
