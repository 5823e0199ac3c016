//! Looks at a model's file before any C++ sees it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use gguf::{GgufError, ModelFacts};

/// Checks the file at `path` and returns what is in it. Blocks: call it where blocking is allowed.
///
/// # Errors
/// [`GgufError`] names the first thing that is wrong.
pub fn preflight(path: &Path) -> Result<ModelFacts, GgufError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(GgufError::NotAFile);
    }
    gguf::inspect(BufReader::with_capacity(1 << 16, file), metadata.len())
}
