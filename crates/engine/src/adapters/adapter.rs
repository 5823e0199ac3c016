//! An adapter in the words of server and worker.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An adapter as a worker is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Adapter {
    /// Its name, for errors.
    pub(crate) id: String,
    pub(crate) path: PathBuf,
    /// Identifies its content.
    pub(crate) sha256: String,
    /// Never 0.
    pub(crate) scale: f32,
}
