//! The Postgres engine: a connection that writes, connections that read.
//!
//! # Why batches are serializable transactions
//! A batch looks and writes: "the sum of these rows leaves room", "nobody else owns this", "this segment is the next one".
//! On SQLite nobody gets in between, because there is one writer. Here several processes write at the same moment, and an
//! author who had to name what each look must keep still would forget it one day. So every transaction is at the level
//! SERIALIZABLE: the server finds out when two of them could not have happened one after the other, and refuses one. A batch
//! is data and no conversation, so that one is simply done again (`turns.rs`): its caller never hears of it.
//!
//! # Why one connection writes
//! What waits while a transaction is on its way goes into the next one together (`lane.rs`), and crosses the network together:
//! as many batches share a commit, a sync of the disk and two round trips as wait for them, and no two of this program are in
//! each other's way. With eight connections that write, 128 members who hold and settle at once met each other on the pages of
//! indexes so often that some batches were refused a hundred times and given up.

mod connect;
mod encrypted;
mod failure;
mod lane;
mod migrate;
mod seat;
mod statement;
mod tls;
mod transaction;
mod transfer;
mod turns;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use stdx::Secret;

use crate::batch::{Batch, Changes};
use crate::db::{Answer, Link, OpenOptions, Query, ReadJob, WriteJob};
use crate::stats::{Counters, count};
use crate::value::Row;
use crate::{Stats, StoreError};

use connect::Server;
use lane::Jobs;
use seat::Seat;

pub(crate) use connect::{IS_ENCRYPTED, shown};
pub(crate) use transfer::{export, import, keep_servers_off};

/// A database of a server. Must be opened and used inside one tokio runtime, which its connections live in.
#[derive(Debug)]
pub(crate) struct Postgres {
    writes: Door<WriteJob>,
    reads: Door<ReadJob>,
    counters: Arc<Counters>,
    lanes: Mutex<Vec<JoinHandle<()>>>,
    server: Arc<Server>,
    seat: Arc<Seat>,
}

impl Postgres {
    /// Connects, migrates and opens the lanes. Each of them connects when it gets its first job.
    pub(crate) async fn open(url: &Secret<String>, options: &OpenOptions) -> Result<Self, StoreError> {
        let server = Arc::new(Server::new(url, options.busy_timeout)?);
        migrate::run(server.connect().await?.client(), crate::migrations::ALL).await?;
        let counters = Arc::<Counters>::default();
        let (writes, write_jobs) = Door::new(options.queue.get());
        let (reads, read_jobs) = Door::new(options.queue.get());
        let (turns, seat) = (Arc::default(), Arc::<Seat>::default());
        let lane = || {
            let (server, counters) = (Arc::clone(&server), Arc::clone(&counters));
            lane::Lane::new(server, counters, Arc::clone(&turns), Arc::clone(&seat))
        };
        let mut lanes = Vec::new();
        for _ in 0..options.writers.get() {
            lanes.push(tokio::spawn(lane().write(Arc::clone(&write_jobs))));
        }
        for _ in 0..options.readers.get() {
            lanes.push(tokio::spawn(lane().read(Arc::clone(&read_jobs))));
        }
        Ok(Self { writes, reads, counters, lanes: Mutex::new(lanes), server, seat })
    }

    /// Queues a batch.
    pub(crate) fn write(&self, batch: Batch) -> Result<Answer<Changes>, StoreError> {
        let (answer, receiver) = oneshot::channel();
        let queued = self.writes.put(WriteJob { batch, answer });
        if queued.is_err() {
            count(&self.counters.refused);
        }
        queued.map(|()| receiver)
    }

    /// Queues queries for one snapshot.
    pub(crate) fn read(&self, queries: Vec<Query>) -> Result<Answer<Vec<Vec<Row>>>, StoreError> {
        let (answer, receiver) = oneshot::channel();
        self.reads.put(ReadJob { queries, answer }).map(|()| receiver)
    }

    /// Takes the seat of the one server.
    pub(crate) async fn take_seat(&self) -> Result<(), StoreError> {
        self.seat.take(&self.server).await
    }

    /// Waits until another server has taken it.
    pub(crate) async fn unseated(&self) {
        self.seat.lost().await;
    }

    /// How the way to the server is kept from others; nothing when the server decides.
    pub(crate) fn link(&self) -> Option<Link> {
        self.server.link()
    }

    /// The counters now.
    pub(crate) fn stats(&self) -> Stats {
        self.counters.stats(self.writes.waiting())
    }

    /// Serves what waits, then ends the connections.
    pub(crate) async fn close(&self) {
        self.writes.close();
        self.reads.close();
        let lanes = std::mem::take(&mut *lock(&self.lanes));
        for lane in lanes {
            if lane.await.is_err() {
                tracing::error!("A connection of the store ended with a panic.");
            }
        }
        self.seat.leave().await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.seat.let_go();
    }
}

/// Where jobs come in. Putting in never waits; when the door is gone, the lanes serve what is there and end.
#[derive(Debug)]
struct Door<T>(Mutex<Option<mpsc::Sender<T>>>);

impl<T> Door<T> {
    fn new(limit: usize) -> (Self, Jobs<T>) {
        let (sender, receiver) = mpsc::channel(limit);
        (Self(Mutex::new(Some(sender))), Arc::new(tokio::sync::Mutex::new(receiver)))
    }

    fn put(&self, job: T) -> Result<(), StoreError> {
        match lock(&self.0).as_ref().map(|sender| sender.try_send(job)) {
            Some(Ok(())) => Ok(()),
            Some(Err(mpsc::error::TrySendError::Full(_))) => Err(StoreError::Overloaded),
            Some(Err(mpsc::error::TrySendError::Closed(_))) | None => Err(StoreError::Closed),
        }
    }

    fn waiting(&self) -> usize {
        lock(&self.0).as_ref().map_or(0, |sender| sender.max_capacity() - sender.capacity())
    }

    fn close(&self) {
        lock(&self.0).take();
    }
}

/// A panic elsewhere leaves these locks' contents whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
