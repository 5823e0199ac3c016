//! The SQLite engine: one thread that writes, some that read.

mod checkpoint;
mod connect;
mod failure;
mod group;
mod migrate;
mod queue;
mod reader;
mod statement;
mod transfer;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::batch::{Batch, Changes};
use crate::db::{Answer, OpenOptions, Query, ReadJob, WriteJob};
use crate::stats::{Counters, count};
use crate::value::Row;
use crate::{Stats, StoreError};

use queue::{PushError, Queue};
use reader::Reader;

pub(crate) use connect::make_private;
pub(crate) use migrate::publish;
pub(crate) use transfer::{export, import, tables};

/// How many may read on their own threads at the same time.
const GLANCES: usize = 4;

/// What the threads and the handle share.
#[derive(Debug, Default)]
struct Shared {
    /// Set once, when the disk failed to keep data.
    broken: AtomicBool,
    counters: Counters,
}

/// An open data file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writes: Arc<Queue<WriteJob>>,
    reads: Arc<Queue<ReadJob>>,
    /// For whoever reads on their own thread; empty once the file is closed.
    glances: [Mutex<Option<Reader>>; GLANCES],
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    readers: Mutex<Vec<JoinHandle<()>>>,
}

impl Sqlite {
    /// Opens, migrates and starts the threads.
    pub(crate) fn open(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let connection = connect::writer(path, options)?;
        let engine = Self {
            writes: Arc::new(Queue::new(options.queue)),
            reads: Arc::new(Queue::new(options.queue)),
            glances: Default::default(),
            shared: Arc::default(),
            writer: Mutex::default(),
            readers: Mutex::default(),
        };
        let writes = Arc::clone(&engine.writes);
        let writer =
            writer::Writer::new(connection, writes, Arc::clone(&engine.shared), Arc::clone(&options.clock));
        *lock(&engine.writer) = Some(spawn("store-writer", move || writer.run())?);
        let reader = || {
            let connection = connect::reader(path, options)?;
            Ok::<_, StoreError>(Reader::new(
                connection,
                Arc::clone(&engine.reads),
                Arc::clone(&engine.shared),
            ))
        };
        for _ in 0..options.readers.get() {
            let reader = reader()?;
            lock(&engine.readers).push(spawn("store-reader", move || reader.run())?);
        }
        for glance in &engine.glances {
            *lock(glance) = Some(reader()?);
        }
        Ok(engine)
    }

    /// Queues a batch.
    pub(crate) fn write(&self, batch: Batch) -> Result<Answer<Changes>, StoreError> {
        let (answer, receiver) = oneshot::channel();
        if self.is_broken() {
            return Err(StoreError::DiskFailed);
        }
        match self.writes.push(WriteJob { batch, answer }) {
            Ok(()) => Ok(receiver),
            Err(error) => {
                count(&self.shared.counters.refused);
                Err(error.into())
            }
        }
    }

    /// Queues queries for one snapshot.
    pub(crate) fn read(&self, queries: Vec<Query>) -> Result<Answer<Vec<Vec<Row>>>, StoreError> {
        let (answer, receiver) = oneshot::channel();
        self.reads.push(ReadJob { queries, answer })?;
        Ok(receiver)
    }

    /// The rows of one snapshot, read on this thread; nothing when others are at it.
    pub(crate) fn read_here(&self, queries: &[Query]) -> Option<Result<Vec<Vec<Row>>, StoreError>> {
        let reader = self.glances.iter().find_map(|glance| glance.try_lock().ok())?;
        reader.as_ref().map(|reader| reader.read(queries))
    }

    /// True once the disk failed to keep data.
    pub(crate) fn is_broken(&self) -> bool {
        self.shared.broken.load(Ordering::Acquire)
    }

    /// The counters now.
    pub(crate) fn stats(&self) -> Stats {
        self.shared.counters.stats(self.writes.len())
    }

    /// Serves what waits, then stops the threads. Readers go first: the last connection to go tidies the file.
    pub(crate) fn close(&self) {
        self.reads.close();
        for glance in &self.glances {
            drop(lock(glance).take());
        }
        for reader in lock(&self.readers).drain(..) {
            join(reader);
        }
        self.writes.close();
        if let Some(writer) = lock(&self.writer).take() {
            join(writer);
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}

impl From<PushError> for StoreError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Full => Self::Overloaded,
            PushError::Closed => Self::Closed,
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(StoreError::other)
}

fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("A thread of the store ended with a panic.");
    }
}

/// A panic elsewhere leaves these locks' contents whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
