//! What a use case answers when it cannot do what was asked.

use db::StoreError;
use ports::{PaymentError, PortError};
use thiserror::Error;
use wire::{ErrorCode, Remedy};

/// One clear error: what is wrong, what was kept, what to do. The cause stays inside, for the log.
#[derive(Debug, Error)]
#[error("{code}: {detail}")]
pub struct AppError {
    /// The stable code; clients translate it.
    pub code: ErrorCode,
    /// What is wrong, in English; names the offending value, never a secret or a path of the machine.
    pub detail: String,
    /// What was kept.
    pub kept: &'static str,
    /// What helps, each alone; for refusals of plans and budgets.
    pub remedies: Vec<Remedy>,
    /// What happened inside.
    #[source]
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

const NOTHING_CHANGED: &str = "Nothing was changed.";
const FATE_UNKNOWN: &str = "All of the request or none of it.";

impl AppError {
    /// An error after which everything is as it was before.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), kept: NOTHING_CHANGED, remedies: Vec::new(), cause: None }
    }

    /// There is no such thing, or it belongs to somebody else: the two are never told apart.
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("There is no such {what}."))
    }

    /// For a batch about something that was there a moment ago: when an expectation fails, somebody else took the
    /// thing away in between.
    pub fn gone(what: &'static str) -> impl FnOnce(StoreError) -> Self {
        move |error| match error {
            StoreError::Expectation { .. } => Self::not_found(what),
            other => other.into(),
        }
    }

    /// For a batch that keeps something under the client's id.
    pub fn used(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::new(ErrorCode::Conflict, "The id was used before."),
            other => other.into(),
        }
    }

    /// The request has a value that cannot be.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, detail)
    }

    /// A mistake of ours.
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let mut error = Self::new(ErrorCode::Internal, "Something went wrong on the server.");
        error.cause = Some(Box::new(cause));
        error
    }
}

impl From<doors::Unhashed> for AppError {
    fn from(error: doors::Unhashed) -> Self {
        Self::internal(error)
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        let (code, detail) = match &error {
            StoreError::DiskFull => {
                (ErrorCode::DiskFull, "The disk of the server is full; nothing new can be kept.")
            }
            StoreError::Overloaded => {
                (ErrorCode::Overloaded, "The database has more writes waiting than it can take.")
            }
            StoreError::Unreachable(_) => {
                (ErrorCode::Overloaded, "The database cannot be reached; nothing was kept.")
            }
            StoreError::Unknown(_) => (
                ErrorCode::OutcomeUnknown,
                "The connection to the database was lost while data was being kept.",
            ),
            StoreError::Unseated => (
                ErrorCode::Overloaded,
                "Another server has taken this one's place on the database; nothing was kept.",
            ),
            _ => return Self::internal(error),
        };
        let kept = if code == ErrorCode::OutcomeUnknown { FATE_UNKNOWN } else { NOTHING_CHANGED };
        Self { kept, cause: Some(Box::new(error)), ..Self::new(code, detail) }
    }
}

impl From<PortError> for AppError {
    fn from(error: PortError) -> Self {
        Self { cause: None, ..Self::new(error.code, error.detail) }
    }
}

impl From<PaymentError> for AppError {
    fn from(error: PaymentError) -> Self {
        let declined = error.is_declined();
        Self::new(if declined { ErrorCode::PaymentDeclined } else { ErrorCode::GatewayDown }, error.detail)
    }
}
