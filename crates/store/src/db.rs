//! The door to the data.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stdx::Clock;

use crate::batch::{Batch, Changes};
use crate::sqlite::Sqlite;
use crate::value::{Row, Value};
use crate::{Stats, StoreError};

/// Where the data is and how it is reached.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The data file; made when absent, in a folder that must be there.
    pub path: PathBuf,
    /// Connections that read at the same time.
    pub readers: NonZeroUsize,
    /// How long a write waits for another process that writes.
    pub busy_timeout: Duration,
    /// Batches, and apart from them reads, that may wait; more are refused as [`StoreError::Overloaded`].
    pub queue: NonZeroUsize,
    /// The most bytes the data file may have; unlimited when absent.
    pub max_bytes: Option<u64>,
    /// Times the flush of relaxed batches.
    pub clock: Arc<dyn Clock>,
}

impl OpenOptions {
    /// The usual settings: 4 readers, 5 seconds of patience, 1,024 waiting batches, no limit in bytes.
    pub fn new(path: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            path: path.into(),
            readers: NonZeroUsize::MIN.saturating_add(3),
            busy_timeout: Duration::from_secs(5),
            queue: NonZeroUsize::MIN.saturating_add(1_023),
            max_bytes: None,
            clock,
        }
    }
}

/// One question to the data.
#[derive(Debug)]
pub(crate) struct Query {
    /// Valid on every engine, with parameters `?1`, `?2`, ….
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Value>,
}

/// The data. Clones share one writer and one pool of readers; the last one to go finishes the work that waits and
/// closes the file.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Arc<Sqlite>,
}

impl Db {
    /// Opens the data, makes it when absent, and brings it to the newest form after keeping a copy beside it.
    ///
    /// # Errors
    /// `Newer`, `Corrupt`, `CannotOpen`, `DiskFull`, and `Overloaded` when another process holds the lock.
    pub async fn open(options: OpenOptions) -> Result<Self, StoreError> {
        let opened = tokio::task::spawn_blocking(move || Sqlite::open(&options));
        let engine = opened.await.map_err(StoreError::other)??;
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Keeps a batch: when this returns `Ok`, all of it is kept as safely as its durability says; when it returns an
    /// error, none of it is (except [`StoreError::DiskFailed`], where only a restart tells). A caller that stops
    /// waiting does not stop the batch.
    ///
    /// # Errors
    /// Never waits for room: a full queue is `Overloaded` at once.
    pub async fn write(&self, batch: Batch) -> Result<Changes, StoreError> {
        if batch.is_empty() {
            return Ok(Changes::default());
        }
        self.engine.write(batch)?.await.unwrap_or(Err(StoreError::Closed))
    }

    /// What the store has done since it was opened.
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// Reads one row to see that reading works, and tells when writing does not.
    ///
    /// # Errors
    /// What the next read or write would get.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.rows(Query { sql: "SELECT COUNT(*) FROM workspaces", params: Vec::new() }).await?;
        if self.engine.is_broken() { Err(StoreError::DiskFailed) } else { Ok(()) }
    }

    /// Finishes the work that waits and closes the file, for every clone. Later calls get `Closed`.
    pub async fn close(&self) {
        let engine = Arc::clone(&self.engine);
        if let Err(error) = tokio::task::spawn_blocking(move || engine.close()).await {
            tracing::error!(%error, "The data file was not closed in order.");
        }
    }

    /// The rows of a query.
    pub(crate) async fn rows(&self, query: Query) -> Result<Vec<Row>, StoreError> {
        let mut answers = self.snapshot(vec![query]).await?;
        answers.pop().ok_or_else(|| StoreError::other("a query without an answer"))
    }

    /// The first row of a query, if there is one.
    pub(crate) async fn row(&self, query: Query) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(query).await?.into_iter().next())
    }

    /// The rows of several queries that all see the same state of the data.
    pub(crate) async fn snapshot(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, StoreError> {
        self.engine.read(queries)?.await.unwrap_or(Err(StoreError::Closed))
    }
}
