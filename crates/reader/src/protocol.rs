//! What server and worker say: a line of JSON and the bytes of the file in, one JSON value out.

use reading::{Document, Limits, ReadError};
use serde::{Deserialize, Serialize};

/// What a worker may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Bytes of address space, the program itself included.
    pub memory: u64,
    /// Seconds of computing.
    pub seconds: u64,
}

impl Default for Grant {
    /// Half a minute is enough for 5,000 pages, and 1 GiB for 200 MiB of unpacked XML and the text made of it.
    fn default() -> Self {
        Self { memory: 1 << 30, seconds: 30 }
    }
}

/// The first line; the file follows it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) grant: Grant,
    pub(crate) limits: Limits,
}

/// What comes of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Document(Document),
    Refused(ReadError),
}
