//! Data folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

/// A data folder; it is deleted when the last clone and every life on it are gone.
#[derive(Clone, Debug)]
pub struct Home(Arc<TempDir>);

impl Home {
    /// An empty folder.
    pub fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Registers an adapter by its record alone: no engine looks at its file.
    pub fn register_adapter(&self, id: &str, model: &str) {
        let folder = self.path().join("adapters").join(id);
        let record = format!(
            "id = '{id}'\nmodel = '{model}'\nsha256 = '4f'\nbytes = 112\nscale = 0.5\nadded_at = '2026-11-22T08:00:00Z'\n"
        );
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("adapter.toml"), record).unwrap();
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("hutong.db")
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}
