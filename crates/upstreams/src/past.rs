//! What became of the last calls at a site, for whoever runs the workspace.

use std::sync::{Mutex, PoisonError};

use ports::LastFailure;
use stdx::Timestamp;
use wire::ErrorCode;

/// True for what is a matter of the vendor or of the account there, and not of one question.
pub(crate) fn is_trouble(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::UpstreamBusy
            | ErrorCode::UpstreamDown
            | ErrorCode::UpstreamCut
            | ErrorCode::UpstreamKey
            | ErrorCode::UpstreamFunds
    )
}

/// What became of the last calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recent {
    /// The last that failed.
    pub(crate) failed: Option<LastFailure>,
    /// When the last answer was complete.
    pub(crate) answered_at: Option<Timestamp>,
}

/// Keeps what became of the last calls.
#[derive(Debug, Default)]
pub(crate) struct Past(Mutex<Recent>);

impl Past {
    pub(crate) fn answered(&self, at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answered_at = Some(at);
    }

    pub(crate) fn failed(&self, failure: LastFailure) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failed = Some(failure);
    }

    pub(crate) fn recent(&self) -> Recent {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
