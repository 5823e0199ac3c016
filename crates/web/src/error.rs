//! Why there is no page.

use ports::{PortError, PortErrorKind};
use thiserror::Error;
use wire::ErrorCode;

/// Why there is no page. The words are for a model; no address of the inside stands in them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The address cannot be right.
    #[error("{0}")]
    Address(String),
    /// The address leads where nobody may be asked.
    #[error(
        "{host} is not on the public internet. Only public pages can be fetched; addresses of private networks and \
         of this machine never are."
    )]
    Walled {
        /// As it was asked for.
        host: String,
    },
    /// The name is not known.
    #[error("there is no host {0}: check how it is written")]
    UnknownHost(String),
    /// Nobody answered, or not as HTTP does.
    #[error("{host} cannot be reached: {problem}")]
    Down {
        /// Who was asked.
        host: String,
        /// In a few words.
        problem: &'static str,
    },
    /// It took too long.
    #[error("the page did not come within {0} seconds; another address may be faster")]
    Slow(u64),
    /// The server sends on and on.
    #[error("the address leads from one place to another more than {0} times")]
    Hops(usize),
    /// The server answered something else than a page.
    #[error("{host} answered with status {status}")]
    Status {
        /// Who answered.
        host: String,
        /// Of HTTP.
        status: u16,
    },
    /// The page is no text.
    #[error("the address has {0}, which is no text that can be read here")]
    NoText(&'static str),
}

impl From<FetchError> for PortError {
    fn from(error: FetchError) -> Self {
        let (kind, code) = match &error {
            FetchError::Address(_) => (PortErrorKind::Bad, ErrorCode::InvalidRequest),
            FetchError::Walled { .. } => (PortErrorKind::Refused, ErrorCode::Forbidden),
            FetchError::UnknownHost(_) | FetchError::NoText(_) => (PortErrorKind::Bad, ErrorCode::NotFound),
            FetchError::Hops(_) => (PortErrorKind::Refused, ErrorCode::UpstreamRefused),
            FetchError::Down { .. } | FetchError::Slow(_) => (PortErrorKind::Down, ErrorCode::UpstreamDown),
            FetchError::Status { status: 429, .. } => (PortErrorKind::Quota, ErrorCode::UpstreamBusy),
            FetchError::Status { status: 404 | 410, .. } => (PortErrorKind::Refused, ErrorCode::NotFound),
            FetchError::Status { status: 500.., .. } => (PortErrorKind::Down, ErrorCode::UpstreamDown),
            FetchError::Status { .. } => (PortErrorKind::Refused, ErrorCode::UpstreamRefused),
        };
        Self::new(kind, code, error.to_string())
    }
}
