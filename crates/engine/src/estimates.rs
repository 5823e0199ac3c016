//! What models would need, remembered until their files change: a header with a large vocabulary takes a while to read,
//! and a page that shows all models asks often.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use gguf::GgufError;

use crate::memory::MemoryEstimate;
use crate::preflight::preflight;
use crate::settings::ModelSettings;

/// Estimates by file. Only for showing: before a model is loaded its file is read again.
#[derive(Debug, Default)]
pub(crate) struct Estimates(Mutex<HashMap<PathBuf, Known>>);

#[derive(Debug)]
struct Known {
    bytes: u64,
    modified: Option<SystemTime>,
    estimate: MemoryEstimate,
}

impl Estimates {
    /// What a file needs with these settings, which are always the same. Blocks.
    pub(crate) fn of(&self, path: &Path, settings: &ModelSettings) -> Result<MemoryEstimate, GgufError> {
        let metadata = std::fs::metadata(path)?;
        let (bytes, modified) = (metadata.len(), metadata.modified().ok());
        let is_same = |known: &&Known| known.bytes == bytes && known.modified == modified;
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path).filter(is_same) {
            return Ok(known.estimate);
        }
        let estimate = MemoryEstimate::of(&preflight(path)?, settings);
        let known = Known { bytes, modified, estimate };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), known);
        Ok(estimate)
    }
}
