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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Durability, Expect, Write};
    use crate::params;
    use crate::value::Value;

    fn insert(id: i64) -> Write {
        Write {
            name: "insert",
            sql: "INSERT INTO numbers (id) VALUES (?1)",
            params: params![id],
            expect: Expect::Changed(1),
        }
    }

    fn write(name: &'static str, sql: &'static str, expect: Expect) -> Write {
        Write { name, sql, params: Vec::new(), expect }
    }

    fn batch(writes: impl IntoIterator<Item = Write>) -> Batch {
        let mut batch = Batch::new(Durability::Full);
        batch.extend(writes);
        batch
    }

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE numbers (id INTEGER PRIMARY KEY, twice INTEGER UNIQUE)")
            .unwrap();
        connection
    }

    fn numbers(connection: &Connection) -> Vec<i64> {
        let mut all = connection.prepare("SELECT id FROM numbers ORDER BY id").unwrap();
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_failed_batch_is_undone_alone() {
        let connection = database();
        let missing = write("missing", "UPDATE numbers SET id = 9 WHERE id = 8", Expect::Changed(1));
        let batches =
            [batch([insert(1)]), batch([insert(2), missing]), batch([insert(1)]), batch([insert(3)])];
        let outcomes = run(&connection, batches.iter()).unwrap();
        assert!(matches!(
            outcomes.as_slice(),
            [
                Ok(_),
                Err(StoreError::Expectation { name: "missing" }),
                Err(StoreError::Conflict { name: "insert" }),
                Ok(_)
            ]
        ));
        assert_eq!(numbers(&connection), [1, 3]);
        assert!(connection.is_autocommit());
    }

    #[test]
    fn a_query_guards_by_the_rows_it_finds() {
        let connection = database();
        let guard = || write("guard", "SELECT 1 FROM numbers", Expect::Changed(1));
        let batches = [batch([guard(), insert(1)]), batch([insert(2), guard()]), batch([insert(3), guard()])];
        let outcomes = run(&connection, batches.iter()).unwrap();
        assert!(matches!(
            outcomes.as_slice(),
            [Err(_), Ok(_), Err(StoreError::Expectation { name: "guard" })]
        ));
        assert_eq!(numbers(&connection), [2]);
    }

    #[test]
    fn an_insert_may_find_the_row_there() {
        let connection = database();
        let insert = || {
            write("insert", "INSERT INTO numbers (id) VALUES (5) ON CONFLICT (id) DO NOTHING", Expect::Any)
        };
        let outcomes = run(&connection, [batch([insert(), insert()])].iter()).unwrap();
        assert_eq!(outcomes.into_iter().next().unwrap().unwrap(), Changes(vec![1, 0]));
    }

    #[test]
    fn rows_that_come_back_count_as_changes() {
        let connection = database();
        let sql = "INSERT INTO numbers (id) VALUES (1), (2) RETURNING id";
        let outcomes = run(&connection, [batch([write("both", sql, Expect::Changed(2))])].iter()).unwrap();
        assert_eq!(outcomes.into_iter().next().unwrap().unwrap().total(), 2);
    }

    #[test]
    fn a_mistake_in_a_statement_is_an_internal_error() {
        let connection = database();
        let typo = write("typo", "INSERT INTO nmbers VALUES (1)", Expect::Any);
        let unbound = Write { params: vec![Value::Null; 3], ..insert(1) };
        let outcomes = run(&connection, [batch([typo]), batch([unbound])].iter()).unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(StoreError::Other(_)))));
    }
}
