//! A connection that serves jobs one after the other, and comes back when it is lost.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use crate::StoreError;
use crate::batch::{Batch, Changes, Durability};
use crate::db::{Query, ReadJob, WriteJob};
use crate::stats::{Counters, count};
use crate::value::Row;

use super::connect::{Connection, Server};
use super::failure::Failure;
use super::seat::{self, Seat, Seating};
use super::transaction::{self, Commit, End};
use super::turns::Turns;

/// What waits for the lanes of one kind.
pub(super) type Jobs<T> = Arc<Mutex<mpsc::Receiver<T>>>;

/// How often a job is begun anew on another connection. The first one may have died while nobody used it.
const CONNECTIONS: u32 = 3;

/// The most batches in one transaction: a bound on how long the first one waits for the last.
const GROUP: usize = 64;

/// Serves jobs.
#[derive(Debug)]
pub(super) struct Lane {
    server: Arc<Server>,
    counters: Arc<Counters>,
    turns: Arc<Turns>,
    seat: Arc<Seat>,
    connection: Option<Connection>,
}

impl Lane {
    pub(super) fn new(
        server: Arc<Server>,
        counters: Arc<Counters>,
        turns: Arc<Turns>,
        seat: Arc<Seat>,
    ) -> Self {
        Self { server, counters, turns, seat, connection: None }
    }

    /// Keeps batches until nobody can send any more: those that wait together.
    pub(super) async fn write(mut self, jobs: Jobs<WriteJob>) {
        let (mut group, mut most) = (Vec::new(), GROUP);
        while jobs.lock().await.recv_many(&mut group, most).await > 0 {
            most = match self.serve(&mut group).await {
                Ease::Together => (2 * most).min(GROUP),
                Ease::Alone => 1,
            };
        }
    }

    /// Keeps some batches in one transaction. When that cannot be, one of them is to blame, and each gets one of its own.
    async fn serve(&mut self, group: &mut Vec<WriteJob>) -> Ease {
        let batches: Vec<&Batch> = group.iter().map(|job| &job.batch).collect();
        let together = self.keep(&batches).await;
        let is_alone = group.len() == 1;
        match together {
            Err(error) if !is_alone && is_of_one(&error) => {
                for job in group.drain(..) {
                    let outcome = self.keep(&[&job.batch]).await.map(only);
                    self.answer(job, outcome);
                }
                Ease::Alone
            }
            Ok(changes) => {
                for (job, changes) in group.drain(..).zip(changes) {
                    self.answer(job, Ok(changes));
                }
                Ease::Together
            }
            Err(error) => {
                for job in group.drain(..) {
                    self.answer(job, Err(error.clone()));
                }
                Ease::Together
            }
        }
    }

    fn answer(&self, job: WriteJob, outcome: Result<Changes, StoreError>) {
        count(if outcome.is_ok() { &self.counters.batches } else { &self.counters.refused });
        drop(job.answer.send(outcome)); // the caller may have stopped waiting
    }

    /// Answers queries until nobody can send any more.
    pub(super) async fn read(mut self, jobs: Jobs<ReadJob>) {
        while let Some(job) = next(&jobs).await {
            if job.answer.is_closed() {
                continue; // the caller has stopped waiting
            }
            let answer = self.look(&job.queries).await;
            count(&self.counters.reads);
            drop(job.answer.send(answer));
        }
    }

    async fn keep(&mut self, batches: &[&Batch]) -> Result<Vec<Changes>, StoreError> {
        let term = match self.seat.now() {
            Seating::Beside => None,
            Seating::Seated(term) => Some(term),
            Seating::Unseated => return Err(StoreError::Unseated),
        };
        let mut turn = Arc::clone(&self.turns).begin(batches.len());
        let mut lost = 0;
        loop {
            let ended = match transaction::keep(self.connection().await?, batches, term).await {
                Ok(End::Kept(changes)) => Ok(changes),
                Ok(End::Unheard(commit)) => self.ask(commit).await,
                Err(Failure::Refused(StoreError::Expectation { name: seat::TERM })) => {
                    self.seat.lose();
                    return Err(StoreError::Unseated);
                }
                Err(failure) => Err(failure),
            };
            let failure = match ended {
                Ok(changes) => {
                    count(&self.counters.commits);
                    if batches.iter().any(|batch| batch.durability == Durability::Full) {
                        count(&self.counters.syncs);
                    }
                    return Ok(changes);
                }
                Err(failure) => self.after(failure, &mut lost)?,
            };
            if let Failure::Again = failure
                && !turn.wait().await
            {
                return Err(failure.into());
            }
        }
    }

    /// Only the very process that was told to keep the batch is asked: after a restart, or when another server has taken its
    /// place, the same number may be somebody else's.
    async fn ask(&mut self, commit: Commit) -> Result<Vec<Changes>, Failure> {
        let told = self.connection.take().map(|connection| connection.server_since().to_owned());
        match self.connection().await {
            Ok(connection) if told.as_deref() == Some(connection.server_since()) => {
                transaction::ask(connection, commit).await
            }
            Ok(_) | Err(_) => Err(commit.unknown()),
        }
    }

    async fn look(&mut self, queries: &[Query]) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut lost = 0;
        loop {
            match transaction::look(self.connection().await?, queries).await {
                Ok(rows) => return Ok(rows),
                Err(failure) => drop(self.after(failure, &mut lost)?),
            }
        }
    }

    /// Gives the failure back when the job may be begun anew.
    fn after(&mut self, failure: Failure, lost: &mut u32) -> Result<Failure, StoreError> {
        match &failure {
            Failure::Again => return Ok(failure),
            Failure::Refused(StoreError::Expectation { .. } | StoreError::Conflict { .. }) => {}
            Failure::Refused(_) | Failure::Lost(_) => self.connection = None,
        }
        *lost += 1;
        match failure {
            Failure::Lost(_) if *lost < CONNECTIONS => Ok(failure),
            other => Err(other.into()),
        }
    }

    async fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take().filter(Connection::is_open) {
            Some(connection) => connection,
            None => self.server.connect().await?,
        };
        Ok(self.connection.insert(connection))
    }
}

/// How batches that waited together were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ease {
    Together,
    /// One of them was refused.
    Alone,
}

/// True when one of several batches is to blame, and the others may do without it.
fn is_of_one(error: &StoreError) -> bool {
    match error {
        StoreError::Expectation { .. }
        | StoreError::Conflict { .. }
        | StoreError::DiskFull
        | StoreError::Overloaded
        | StoreError::Other(_) => true,
        StoreError::DiskFailed
        | StoreError::Corrupt(_)
        | StoreError::CannotOpen(_)
        | StoreError::Newer { .. }
        | StoreError::Unreachable(_)
        | StoreError::Unknown(_)
        | StoreError::SeatTaken { .. }
        | StoreError::Unseated
        | StoreError::Closed => false,
    }
}

/// What one batch changed.
fn only(changes: Vec<Changes>) -> Changes {
    changes.into_iter().next().unwrap_or_default()
}

async fn next<T>(jobs: &Jobs<T>) -> Option<T> {
    jobs.lock().await.recv().await
}
