//! The one thread that writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use stdx::Clock;

use crate::StoreError;
use crate::batch::{Changes, Durability};
use crate::db::WriteJob;
use crate::stats::count;

use super::queue::{Drained, Queue};
use super::statement::control;
use super::{Shared, checkpoint, connect, group};

/// The most batches in one transaction: a bound on how long the first one waits for the last.
const GROUP: usize = 256;

/// How long relaxed batches may wait for the disk.
const RELAXED_LIMIT: Duration = Duration::from_millis(500);

/// Takes what waits, keeps it in one transaction, and answers.
#[derive(Debug)]
pub(super) struct Writer {
    connection: Connection,
    queue: Arc<Queue<WriteJob>>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    /// What the connection's `synchronous` is set to.
    mode: Durability,
    /// When the oldest batch was kept that the disk has not confirmed.
    unsynced_since: Option<Duration>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        queue: Arc<Queue<WriteJob>>,
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { connection, queue, shared, clock, mode: Durability::Full, unsynced_since: None }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let _abandon = AbandonOnExit(Arc::clone(&self.queue));
        loop {
            match self.queue.drain(GROUP, self.patience()) {
                Drained::Items(jobs) => self.serve(jobs),
                Drained::TimedOut => self.flush_when_due(),
                Drained::Closed => break,
            }
        }
        self.finish();
    }

    /// Keeps the batches and tells each what became of it.
    fn serve(&mut self, jobs: Vec<WriteJob>) {
        let mut outcomes = self.keep(&jobs);
        // One batch too large for the room that is left must not take the others down with it.
        if jobs.len() > 1 && matches!(outcomes, Err(StoreError::DiskFull)) {
            outcomes = Ok(jobs.iter().map(|job| self.keep_alone(job)).collect());
        }
        let outcomes = outcomes.unwrap_or_else(|error| vec![Err(error); jobs.len()]);
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            count(if outcome.is_ok() {
                &self.shared.counters.batches
            } else {
                &self.shared.counters.refused
            });
            drop(job.answer.send(outcome)); // the caller may have stopped waiting
        }
        self.tidy();
    }

    fn keep_alone(&mut self, job: &WriteJob) -> Result<Changes, StoreError> {
        let mut outcomes = self.keep(std::slice::from_ref(job))?;
        outcomes.pop().unwrap_or(Err(StoreError::Closed))
    }

    /// One transaction. The outer error means that none of the batches was kept.
    fn keep(&mut self, jobs: &[WriteJob]) -> Result<Vec<Result<Changes, StoreError>>, StoreError> {
        if self.shared.broken.load(Ordering::Acquire) {
            return Err(StoreError::DiskFailed);
        }
        let full = jobs.iter().any(|job| job.batch.durability == Durability::Full);
        let mode = if full || self.is_flush_due() { Durability::Full } else { Durability::Relaxed };
        let kept = self
            .set_mode(mode)
            .and_then(|()| group::run(&self.connection, jobs.iter().map(|job| &job.batch)));
        match &kept {
            Ok(_) => self.committed(mode),
            Err(error) => self.note(error),
        }
        kept
    }

    /// The time until relaxed batches must be on the disk; forever when there are none.
    fn patience(&self) -> Option<Duration> {
        let since = self.unsynced_since?;
        Some((since + RELAXED_LIMIT).saturating_sub(self.clock.monotonic()).max(Duration::from_millis(1)))
    }

    fn is_flush_due(&self) -> bool {
        self.unsynced_since.is_some_and(|since| self.clock.monotonic() >= since + RELAXED_LIMIT)
    }

    fn flush_when_due(&mut self) {
        if self.is_flush_due() {
            self.flush();
        }
    }

    /// Makes the disk confirm relaxed batches. An empty transaction syncs nothing, so this one writes the file's
    /// application id again: the smallest change there is.
    fn flush(&mut self) {
        let flushed = self
            .set_mode(Durability::Full)
            .and_then(|()| control(&self.connection, connect::SET_APPLICATION_ID));
        match flushed {
            Ok(()) => self.committed(Durability::Full),
            Err(error) => {
                self.note(&error);
                tracing::warn!(%error, "Relaxed batches are not on the disk yet.");
                self.unsynced_since = Some(self.clock.monotonic());
            }
        }
    }

    fn set_mode(&mut self, mode: Durability) -> Result<(), StoreError> {
        if self.mode != mode {
            control(
                &self.connection,
                match mode {
                    Durability::Full => "PRAGMA synchronous = FULL",
                    Durability::Relaxed => "PRAGMA synchronous = NORMAL",
                },
            )?;
            self.mode = mode;
        }
        Ok(())
    }

    fn committed(&mut self, mode: Durability) {
        count(&self.shared.counters.commits);
        match mode {
            Durability::Full => {
                count(&self.shared.counters.syncs);
                self.unsynced_since = None;
            }
            Durability::Relaxed => {
                self.unsynced_since.get_or_insert(self.clock.monotonic());
            }
        }
    }

    /// Remembers a failure after which nothing may be written.
    fn note(&self, error: &StoreError) {
        if matches!(error, StoreError::DiskFailed) && !self.shared.broken.swap(true, Ordering::AcqRel) {
            tracing::error!("The disk failed to keep data. Writing stops until a restart.");
        }
    }

    fn tidy(&self) {
        if self.shared.broken.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = checkpoint::when_long(&self.connection) {
            self.note(&error);
            tracing::warn!(%error, "The log was not moved into the data file; it will be tried again.");
        }
    }

    /// Leaves the data file whole and without a log. When the disk fails here, the log stays for the next start.
    fn finish(&mut self) {
        let done = if self.shared.broken.load(Ordering::Acquire) {
            Err(StoreError::DiskFailed)
        } else {
            checkpoint::completely(&self.connection)
        };
        if let Err(error) = done {
            tracing::warn!(%error, "The log is left beside the data file.");
            drop(self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true));
        }
    }
}

/// When the thread ends, also by a panic, nobody may wait for it.
struct AbandonOnExit(Arc<Queue<WriteJob>>);

impl Drop for AbandonOnExit {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
