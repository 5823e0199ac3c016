//! The door to the data.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stdx::{Clock, Secret};
use tokio::sync::oneshot;

use crate::batch::{Batch, Changes};
use crate::postgres::{self, Postgres};
use crate::sqlite::Sqlite;
use crate::value::{Row, Value};
use crate::{Stats, StoreError};

/// Where data is kept.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file; made when absent, in a folder that must be there.
    File(PathBuf),
    /// A database of a Postgres server, as `postgres://user:password@host:port/database`. It must be there; Hutong makes its
    /// tables in the first schema of the search path.
    Server(Secret<String>),
}

impl Place {
    /// A server when it begins with `postgres://` or `postgresql://`, else a file.
    pub fn parse(text: &str) -> Self {
        let is_server = ["postgres://", "postgresql://"].iter().any(|start| text.starts_with(start));
        if is_server { Self::Server(Secret::new(text.to_owned())) } else { Self::File(text.into()) }
    }
}

impl<P: AsRef<Path>> From<P> for Place {
    fn from(path: P) -> Self {
        Self::File(path.as_ref().to_owned())
    }
}

/// Without the password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(url) => f.write_str(&postgres::shown(url)),
        }
    }
}

/// Where the data is and how it is reached.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Where the data is.
    pub place: Place,
    /// Connections that read at the same time.
    pub readers: NonZeroUsize,
    /// Connections of a server that write at the same time; on a file it is one. One is the fastest: what waits shares a
    /// transaction, and nothing of this program gets in its way.
    pub writers: NonZeroUsize,
    /// How long a write waits for another process that writes.
    pub busy_timeout: Duration,
    /// Batches, and apart from them reads, that may wait; more are refused as [`StoreError::Overloaded`].
    pub queue: NonZeroUsize,
    /// The most bytes the data file may have; unlimited when absent. A server keeps to its own limits.
    pub max_bytes: Option<u64>,
    /// Times the flush of relaxed batches.
    pub clock: Arc<dyn Clock>,
}

impl OpenOptions {
    /// The usual settings: 4 readers, 1 writer, 5 seconds of patience, 1,024 waiting batches, no limit in bytes.
    pub fn new(place: impl Into<Place>, clock: Arc<dyn Clock>) -> Self {
        Self {
            place: place.into(),
            readers: NonZeroUsize::MIN.saturating_add(3),
            writers: NonZeroUsize::MIN,
            busy_timeout: Duration::from_secs(5),
            queue: NonZeroUsize::MIN.saturating_add(1_023),
            max_bytes: None,
            clock,
        }
    }
}

/// How the way to the data is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A file, or a server on this machine.
    Local,
    /// Whoever is on the way reads all of it, and can change it.
    Plain,
    /// Nobody can listen; whoever stands in between can say that they are the server.
    Encrypted,
    /// The server has shown whose it is.
    Proven,
}

/// One question to the data.
#[derive(Debug)]
pub struct Query {
    /// Valid on every engine, with parameters `?1`, `?2`, ….
    pub sql: &'static str,
    /// The values of the parameters, in their order.
    pub params: Vec<Value>,
}

/// What an engine answers, when it has.
pub(crate) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// A batch that waits.
#[derive(Debug)]
pub(crate) struct WriteJob {
    pub(crate) batch: Batch,
    pub(crate) answer: oneshot::Sender<Result<Changes, StoreError>>,
}

/// Queries that wait.
#[derive(Debug)]
pub(crate) struct ReadJob {
    pub(crate) queries: Vec<Query>,
    pub(crate) answer: oneshot::Sender<Result<Vec<Vec<Row>>, StoreError>>,
}

/// The data. Clones share one pool of readers and of writers; the last one to go finishes the work that waits and closes
/// the file. (On a server that goes on after it; [`Db::close`] waits.)
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Opens the data, makes it when absent, and brings it to the newest form; of a file a copy is kept beside it first.
    ///
    /// # Errors
    /// `Newer`, `Corrupt`, `CannotOpen`, `Unreachable`, `DiskFull`, and `Overloaded` when another process holds the lock.
    pub async fn open(options: OpenOptions) -> Result<Self, StoreError> {
        let engine = match options.place.clone() {
            Place::File(path) => {
                let opened = tokio::task::spawn_blocking(move || Sqlite::open(&path, &options));
                Engine::Sqlite(Arc::new(opened.await.map_err(StoreError::other)??))
            }
            Place::Server(url) => Engine::Postgres(Arc::new(Postgres::open(&url, &options).await?)),
        };
        Ok(Self { engine })
    }

    /// Keeps a batch: when this returns `Ok`, all of it is kept as safely as its durability says; when it returns an
    /// error, none of it is (except [`StoreError::DiskFailed`], where only a restart tells, and [`StoreError::Unknown`]). A
    /// caller that stops waiting does not stop the batch.
    ///
    /// # Errors
    /// Never waits for room: a full queue is `Overloaded` at once.
    pub async fn write(&self, batch: Batch) -> Result<Changes, StoreError> {
        if batch.is_empty() {
            return Ok(Changes::default());
        }
        let answer = match &self.engine {
            Engine::Sqlite(engine) => engine.write(batch),
            Engine::Postgres(engine) => engine.write(batch),
        };
        answer?.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Takes the data for the one server that works on it; commands work beside it without. From then on nothing is written
    /// once another server has taken it, which none can while this one lives and reaches the data. (Who may use a file is
    /// settled by whoever holds its folder.)
    ///
    /// # Errors
    /// [`StoreError::SeatTaken`] when a server runs on it.
    pub async fn take_seat(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(engine) => engine.take_seat().await,
        }
    }

    /// Waits until another server has taken the data, after which this one can write nothing; else for ever.
    pub async fn unseated(&self) {
        match &self.engine {
            Engine::Sqlite(_) => std::future::pending().await,
            Engine::Postgres(engine) => engine.unseated().await,
        }
    }

    /// What the store has done since it was opened.
    pub fn stats(&self) -> Stats {
        match &self.engine {
            Engine::Sqlite(engine) => engine.stats(),
            Engine::Postgres(engine) => engine.stats(),
        }
    }

    /// Reads one row to see that reading works, and tells when writing does not.
    ///
    /// # Errors
    /// What the next read or write would get.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.rows(Query { sql: "SELECT COUNT(*) FROM workspaces", params: Vec::new() }).await?;
        match &self.engine {
            Engine::Sqlite(engine) if engine.is_broken() => Err(StoreError::DiskFailed),
            Engine::Sqlite(_) | Engine::Postgres(_) => Ok(()),
        }
    }

    /// How the way to the data is kept from others.
    ///
    /// # Errors
    /// Those of reading, when the server decides and has to be asked.
    pub async fn link(&self) -> Result<Link, StoreError> {
        let told = match &self.engine {
            Engine::Sqlite(_) => Some(Link::Local),
            Engine::Postgres(engine) => engine.link(),
        };
        if let Some(link) = told {
            return Ok(link);
        }
        let row = self.row(Query { sql: postgres::IS_ENCRYPTED, params: Vec::new() }).await?;
        let is_encrypted = row.map_or(Ok(false), |mut row| row.take())?;
        Ok(if is_encrypted { Link::Encrypted } else { Link::Plain })
    }

    /// Finishes the work that waits and closes the file, for every clone. Later calls get `Closed`.
    pub async fn close(&self) {
        let engine = match &self.engine {
            Engine::Sqlite(engine) => Arc::clone(engine),
            Engine::Postgres(engine) => return engine.close().await,
        };
        if let Err(error) = tokio::task::spawn_blocking(move || engine.close()).await {
            tracing::error!(%error, "The data file was not closed in order.");
        }
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn rows(&self, query: Query) -> Result<Vec<Row>, StoreError> {
        let mut answers = self.snapshot(vec![query]).await?;
        answers.pop().ok_or_else(|| StoreError::other("a query without an answer"))
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn row(&self, query: Query) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(query).await?.into_iter().next())
    }

    /// As [`Db::snapshot`], of a few rows that each request needs and that are found at once: where nobody else is at it they
    /// are read on the caller's own thread, as two changes of threads would take longer than the reading.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn glance(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, StoreError> {
        match &self.engine {
            Engine::Sqlite(engine) => match engine.read_here(&queries) {
                Some(answers) => answers,
                None => self.snapshot(queries).await,
            },
            Engine::Postgres(_) => self.snapshot(queries).await,
        }
    }

    /// The first row of a query, if there is one, as [`Db::glance`] reads.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn glance_row(&self, query: Query) -> Result<Option<Row>, StoreError> {
        Ok(self.glance(vec![query]).await?.into_iter().flatten().next())
    }

    /// The rows of several queries that all see the same state of the data.
    ///
    /// # Errors
    /// Those of reading; never waits for room: a full queue is `Overloaded` at once.
    pub async fn snapshot(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, StoreError> {
        let answer = match &self.engine {
            Engine::Sqlite(engine) => engine.read(queries),
            Engine::Postgres(engine) => engine.read(queries),
        };
        answer?.await.unwrap_or(Err(StoreError::Closed))
    }
}
