//! Several batches in one transaction, each of which may fail alone.

use rusqlite::Connection;

use crate::StoreError;
use crate::batch::{Batch, Changes};

use super::statement::{change, control};

type Outcome = Result<Changes, StoreError>;

/// Runs the batches in order and commits once. The inner result belongs to one batch; the outer error means that the
/// transaction as a whole is lost.
pub(super) fn run<'a>(
    connection: &Connection,
    batches: impl Iterator<Item = &'a Batch>,
) -> Result<Vec<Outcome>, StoreError> {
    control(connection, "BEGIN IMMEDIATE")?;
    let outcomes: Result<Vec<Outcome>, StoreError> =
        batches.map(|batch| run_batch(connection, batch)).collect();
    let committed = outcomes.and_then(|outcomes| control(connection, "COMMIT").map(|()| outcomes));
    if committed.is_err() && !connection.is_autocommit() {
        control(connection, "ROLLBACK")?;
    }
    committed
}

/// The outer error means that the engine gave up the whole transaction, as it may when the disk is full.
fn run_batch(connection: &Connection, batch: &Batch) -> Result<Outcome, StoreError> {
    control(connection, "SAVEPOINT batch")?;
    let outcome = run_writes(connection, batch);
    if let Err(error) = outcome {
        if connection.is_autocommit() {
            return Err(error);
        }
        control(connection, "ROLLBACK TO batch")?;
        control(connection, "RELEASE batch")?;
        return Ok(Err(error));
    }
    control(connection, "RELEASE batch")?;
    Ok(outcome)
}

fn run_writes(connection: &Connection, batch: &Batch) -> Outcome {
    let mut changes = Vec::with_capacity(batch.writes.len());
    for write in &batch.writes {
        let changed = change(connection, write)?;
        if !write.expect.is_met_by(changed) {
            return Err(StoreError::Expectation { name: write.name });
        }
        changes.push(changed);
    }
    Ok(Changes(changes))
}
