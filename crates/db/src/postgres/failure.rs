//! From the server's error codes to ours.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use crate::StoreError;
use crate::error::Cause;

/// What became of a request that failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server says no.
    Refused(StoreError),
    /// Two transactions could not have happened one after the other; this one may be done again.
    Again,
    /// There is no answer, or none to be had on this connection.
    Lost(Cause),
}

impl Failure {
    /// What an error means; `name` is the statement it happened in.
    pub(super) fn of(error: Error, name: &'static str) -> Self {
        let Some(answer) = error.as_db_error() else {
            return if error.is_closed() {
                Self::Lost(Cause::new(error))
            } else {
                Self::Refused(StoreError::other(error))
            };
        };
        let is_over = matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
        let code = answer.code().clone();
        match code {
            SqlState::UNIQUE_VIOLATION => Self::Refused(StoreError::Conflict { name }),
            SqlState::FOREIGN_KEY_VIOLATION => Self::Refused(StoreError::Expectation { name }),
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Again,
            SqlState::DISK_FULL => Self::Refused(StoreError::DiskFull),
            SqlState::LOCK_NOT_AVAILABLE
            | SqlState::QUERY_CANCELED
            | SqlState::OUT_OF_MEMORY
            | SqlState::TOO_MANY_CONNECTIONS => Self::Refused(StoreError::Overloaded),
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => {
                Self::Refused(StoreError::Corrupt(Cause::new(error)))
            }
            SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INVALID_CATALOG_NAME
            | SqlState::INSUFFICIENT_PRIVILEGE => Self::Refused(StoreError::CannotOpen(Cause::new(error))),
            // Another version changed a table under a prepared statement, or a pooler lost it; or this server may only be
            // read, as after a change of roles. Another connection knows better.
            SqlState::FEATURE_NOT_SUPPORTED
            | SqlState::INVALID_SQL_STATEMENT_NAME
            | SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::CANNOT_CONNECT_NOW => Self::Lost(Cause::new(error)),
            _ if is_over => Self::Lost(Cause::new(error)),
            _ => Self::Refused(StoreError::other(error)),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Again => Self::Overloaded,
            Failure::Lost(cause) => Self::Unreachable(cause),
        }
    }
}

/// What an error outside of a repository's statement means.
pub(super) fn classify_setup(error: Error) -> StoreError {
    Failure::of(error, "setup").into()
}

/// What it means that no connection came about.
pub(super) fn classify_connecting(error: Error) -> StoreError {
    if error.as_db_error().is_some() {
        return classify_setup(error);
    }
    if error.is_closed() {
        return StoreError::Unreachable(Cause::new(error));
    }
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let io = causes.find_map(|cause| cause.downcast_ref::<io::Error>());
    match io {
        // What was agreed on the way is wrong, as a certificate is; it will be so again.
        Some(io) if !io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            StoreError::Unreachable(Cause::new(error))
        }
        Some(_) | None => StoreError::CannotOpen(Cause::new(error)),
    }
}
