//! Moving the log into the data file.
//!
//! The engine's own automatic checkpoint swallows errors, also that of a failed sync, after which pages could be lost
//! without a word. So it is off, and the writer does it here, where errors are seen.

use rusqlite::Connection;

use crate::StoreError;

use super::failure::classify;

/// Pages in the log that are worth a checkpoint (16 MB): the same pages are written again and again, and are moved once.
const BACKLOG: i64 = 4_000;

/// Moves the log into the data file when it has grown long.
pub(super) fn when_long(connection: &Connection) -> Result<(), StoreError> {
    let (in_log, moved) = run(connection, "PRAGMA wal_checkpoint(NOOP)")?;
    if in_log - moved >= BACKLOG {
        run(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    Ok(())
}

/// Moves the whole log and empties it, as far as other processes let it.
pub(super) fn completely(connection: &Connection) -> Result<(), StoreError> {
    run(connection, "PRAGMA wal_checkpoint(TRUNCATE)").map(|_| ())
}

/// Pages in the log, and how many of them are in the data file too.
fn run(connection: &Connection, sql: &str) -> Result<(i64, i64), StoreError> {
    let answer = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?))));
    answer.map_err(|error| classify(error, "checkpoint"))
}
