//! What can go wrong while data is kept or read.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use wire::ErrorCode;

/// A failure of the store. In every case the batch that got it changed nothing, except where a variant says so.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// A statement did not change the number of rows it had to, or refers to a row that is not there.
    #[error("the expectation `{name}` was not met")]
    Expectation {
        /// The name of the statement, a constant of its repository.
        name: &'static str,
    },
    /// A row with that key is already there.
    #[error("`{name}` is already there")]
    Conflict {
        /// The name of the statement, a constant of its repository.
        name: &'static str,
    },
    /// There is no room for more data; reading goes on, and writing too as soon as there is room.
    #[error("the disk is full")]
    DiskFull,
    /// The queue is full, or another process holds the lock for too long; the same call may work in a moment.
    #[error("more work is waiting than the store can queue")]
    Overloaded,
    /// The disk failed to make data durable. The fate of the batches of that moment is unknown until a restart, and
    /// everything written after it is refused.
    #[error("the disk failed to keep data; nothing more is written until a restart")]
    DiskFailed,
    /// The data file is damaged, or it is not ours.
    #[error("the data file is damaged or belongs to another program")]
    Corrupt(#[source] Cause),
    /// The data cannot be opened: the file, or the server as it was named.
    #[error("the database cannot be opened")]
    CannotOpen(#[source] Cause),
    /// A newer version of the program wrote the data.
    #[error("the data was written by a newer version (data version {found}, this program knows {known})")]
    Newer {
        /// The version of the data.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The server of the data cannot be reached; the same call may work in a moment.
    #[error("the database cannot be reached")]
    Unreachable(#[source] Cause),
    /// The connection was lost after the server had been told to keep a batch and before it answered. Whether it did is not
    /// known: whoever goes on looks, or writes again what is the same when it is written twice.
    #[error("the connection to the database was lost; whether the data was kept is not known")]
    Unknown(#[source] Cause),
    /// A server runs on this database already.
    #[error("a server runs on this database already{by}")]
    SeatTaken {
        /// Where from and since when, as far as the database tells; else nothing.
        by: String,
    },
    /// Another server has taken this one's place: nothing of it is kept any more.
    #[error("another server has taken this one's place on the database")]
    Unseated,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A mistake of ours or a failure without a remedy.
    #[error("the store failed")]
    Other(#[source] Cause),
}

impl StoreError {
    /// The stable code for people and clients. Use cases that know what an expectation means say it better.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Expectation { .. } | Self::Conflict { .. } => ErrorCode::Conflict,
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Overloaded | Self::Unreachable(_) | Self::SeatTaken { .. } | Self::Unseated => {
                ErrorCode::Overloaded
            }
            Self::Unknown(_) => ErrorCode::OutcomeUnknown,
            Self::DiskFailed
            | Self::Corrupt(_)
            | Self::CannotOpen(_)
            | Self::Newer { .. }
            | Self::Closed
            | Self::Other(_) => ErrorCode::Internal,
        }
    }

    /// A mistake of ours, with its cause for the log.
    pub fn other(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(Cause::new(cause))
    }
}

/// The internal cause of a failure: for the log, never for a client.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    /// Keeps the error for the log.
    pub(crate) fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
