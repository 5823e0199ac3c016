//! What reads: a thread, or whoever has a connection for it.

use std::sync::Arc;

use rusqlite::Connection;

use crate::StoreError;
use crate::db::{Query, ReadJob};
use crate::stats::count;
use crate::value::Row;

use super::Shared;
use super::queue::Queue;
use super::statement::{control, rows};

/// Answers queries from the pool's common queue.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
    queue: Arc<Queue<ReadJob>>,
    shared: Arc<Shared>,
}

impl Reader {
    pub(super) fn new(connection: Connection, queue: Arc<Queue<ReadJob>>, shared: Arc<Shared>) -> Self {
        Self { connection, queue, shared }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(self) {
        while let Some(job) = self.queue.pop() {
            if job.answer.is_closed() {
                continue; // the caller has stopped waiting
            }
            let answer = self.read(&job.queries);
            drop(job.answer.send(answer));
        }
    }

    /// The rows of queries that all see the same state.
    pub(super) fn read(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>, StoreError> {
        let answer = self.snapshot(queries);
        count(&self.shared.counters.reads);
        answer
    }

    /// A single query is a snapshot by itself.
    fn snapshot(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>, StoreError> {
        if let [query] = queries {
            return rows(&self.connection, query).map(|rows| vec![rows]);
        }
        control(&self.connection, "BEGIN")?;
        let answers = queries.iter().map(|query| rows(&self.connection, query)).collect();
        if !self.connection.is_autocommit() {
            control(&self.connection, "COMMIT")?;
        }
        answers
    }
}
