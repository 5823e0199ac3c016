//! What can go wrong outside, sorted by what the caller can do.

use thiserror::Error;
use wire::ErrorCode;

/// What the caller can do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The same call may work in a moment.
    Retry,
    /// A limit was met; later or elsewhere.
    Quota,
    /// The other side understood and declined.
    Refused,
    /// The request is wrong and will stay so.
    Bad,
    /// The other side is not there.
    Down,
}

/// A failure of an adapter.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{code}: {detail}")]
pub struct PortError {
    /// What the caller can do.
    pub kind: PortErrorKind,
    /// What a person is told.
    pub code: ErrorCode,
    /// English; no secrets, no paths.
    pub detail: String,
}

impl PortError {
    /// A failure of the given kind.
    pub fn new(kind: PortErrorKind, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { kind, code, detail: detail.into() }
    }
}
