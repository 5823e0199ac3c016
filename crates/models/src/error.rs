use std::fmt;
use std::io;

use thiserror::Error;
use wire::ErrorCode;

/// Why a model was not installed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PullError {
    /// The disk cannot take the file.
    #[error("not enough disk space: {needed} bytes are needed, {available} are free")]
    DiskFull {
        /// What the rest of the download and its margin take.
        needed: u64,
        /// What the file system offers.
        available: u64,
    },
    /// Somebody asked to stop; what was fetched is kept.
    #[error("cancelled; what was fetched so far is kept")]
    Cancelled,
    /// No source had the file.
    #[error("no source had the file{}", listed(.failures))]
    NoSource {
        /// Each source that was tried, in order, and its reason.
        failures: Vec<SourceFailure>,
    },
    /// The folder of the models cannot be used.
    #[error("{0}")]
    Folder(String),
}

impl PullError {
    /// The word for the outside.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DiskFull { .. } => ErrorCode::DiskFull,
            Self::Cancelled => ErrorCode::Interrupted,
            Self::NoSource { .. } => ErrorCode::DownloadFailed,
            Self::Folder(_) => ErrorCode::Internal,
        }
    }
}

/// A source that did not work, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFailure {
    /// For people: `hf:owner/repo/file`, `https://host/…`, `pip:package==1.0 (6 wheels)`, `file:/path`.
    pub source: String,
    /// English, without secrets.
    pub reason: String,
}

fn listed(failures: &[SourceFailure]) -> String {
    failures.iter().map(|failure| format!("; {failure}")).collect()
}

impl fmt::Display for SourceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.reason)
    }
}

/// Why an installed model cannot be checked or removed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The model is not installed.
    #[error("the model {id} is not installed")]
    NotInstalled {
        /// The model.
        id: String,
    },
    /// The file is not what was installed. It was moved aside and the model is no longer installed.
    #[error("the file of {id} is damaged ({found}; expected {expected}); it was moved to {kept_as}")]
    Corrupt {
        /// The model.
        id: String,
        /// What the file is.
        found: String,
        /// What it should be.
        expected: String,
        /// The name of the file that was moved aside, in the model's folder.
        kept_as: String,
    },
    /// Another process or task is fetching this model.
    #[error("the model {id} is being fetched right now")]
    Busy {
        /// The model.
        id: String,
    },
    /// The disk did not do what it was asked.
    #[error("{doing}: {error}")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system said.
        error: io::Error,
    },
}

/// Why a source cannot go on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The source does not have the file, or not so that it could be had; the next one may.
    Source(String),
    /// The disk here fails; the next source would meet that again.
    Disk(io::Error),
    /// Somebody asked to stop.
    Cancelled,
}

impl Failure {
    pub(crate) fn source(reason: impl Into<String>) -> Self {
        Self::Source(reason.into())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::Interrupted { Self::Cancelled } else { Self::Disk(error) }
    }
}

/// The whole chain of an error as one sentence; libraries often hide the reason at its end.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        inner = error.source();
    }
    text
}
