//! Looks at a model's file before any C++ sees it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use gguf::{GgufError, ModelFacts};

/// Checks the file at `path` and returns what is in it. Blocks: call it where blocking is allowed.
///
/// # Errors
/// [`GgufError`] names the first thing that is wrong.
pub(crate) fn preflight(path: &Path) -> Result<ModelFacts, GgufError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(GgufError::NotAFile);
    }
    gguf::inspect(BufReader::with_capacity(1 << 16, file), metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_a_missing_file_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(preflight(folder.path()), Err(GgufError::NotAFile | GgufError::Io(_))));
        assert!(matches!(preflight(&folder.path().join("none")), Err(GgufError::Io(_))));
    }
}
