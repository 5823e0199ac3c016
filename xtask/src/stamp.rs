//! Remembers what a step was last done with, so that it is skipped while nothing has changed.

use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::command::{command, output};

/// The fingerprint of a step's inputs and the file that holds the one of last time.
pub(crate) struct Stamp {
    file: PathBuf,
    fingerprint: String,
}

impl Stamp {
    /// A stamp over the contents of `inputs` (files or folders below `root`, as git sees them) and some words.
    pub(crate) fn new(root: &Path, file: &Path, inputs: &[&str], words: &[&str]) -> Result<Self> {
        let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"];
        let listing = output(command(root, "git", &arguments).args(inputs))?;
        let mut paths: Vec<_> = listing.split('\0').filter(|path| !path.is_empty()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut hash = Sha256::new();
        for word in words {
            hash.update(word);
            hash.update([0]);
        }
        for path in paths {
            // A file that is deleted but still listed changes the fingerprint by its absence.
            if let Ok(contents) = std::fs::read(root.join(path)) {
                hash.update(path);
                hash.update([0]);
                hash.update(Sha256::digest(contents));
            }
        }
        let fingerprint = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { file: file.to_owned(), fingerprint })
    }

    /// True when the step was done with exactly these inputs.
    pub(crate) fn is_current(&self) -> bool {
        std::fs::read_to_string(&self.file).is_ok_and(|last| last.trim() == self.fingerprint)
    }

    /// Forgets the last time; called before the step, so that one that is cut short is done again.
    pub(crate) fn clear(&self) {
        // The file may not be there, which is what is wanted.
        let _ = std::fs::remove_file(&self.file);
    }

    /// Remembers these inputs; called when the step has gone well.
    pub(crate) fn write(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(&self.file, format!("{}\n", self.fingerprint))?)
    }

    /// What the stamp stands for, for use in a file name.
    pub(crate) fn short(&self) -> &str {
        self.fingerprint.get(..16).unwrap_or(&self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_until_an_input_changes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        output(&mut command(root, "git", &["init", "-q"])).unwrap();
        std::fs::write(root.join(".gitignore"), "stamp\n").unwrap();
        std::fs::create_dir(root.join("web")).unwrap();
        std::fs::write(root.join("web/a.ts"), "one").unwrap();
        let file = root.join("stamp");
        let stamp = |word: &str| Stamp::new(root, &file, &["web"], &[word]).unwrap();

        assert!(!stamp("v24").is_current());
        stamp("v24").write().unwrap();
        assert!(stamp("v24").is_current());
        assert!(!stamp("v22").is_current());
        std::fs::write(root.join("unrelated.ts"), "two").unwrap();
        assert!(stamp("v24").is_current());
        std::fs::write(root.join("web/a.ts"), "two").unwrap();
        assert!(!stamp("v24").is_current());
        stamp("v24").write().unwrap();
        stamp("v24").clear();
        assert!(!stamp("v24").is_current());
    }
}
