//! Unpacked workers on disk: one at a time, in a folder that is named after its content.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use sha2::{Digest as _, Sha256};

use crate::packed::Packed;

/// What the program is called, as one sees it in lists of processes.
const NAME: &str = "hutong-engine-worker";
/// So much of the hash names a folder.
const FOLDER_DIGITS: usize = 16;

/// The folder of unpacked workers. Can be removed at any time.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// An executable file with the worker, whose content is what was packed; unpacked first when it is not there or was
    /// changed. Whatever else lies in the folder is of another version and goes.
    ///
    /// # Errors
    /// When it cannot be written, or may not be executed where it is.
    pub(crate) fn take(&self, packed: &Packed) -> io::Result<PathBuf> {
        let own = self.folder.join(packed.sha256.get(..FOLDER_DIGITS).unwrap_or(packed.sha256));
        let file = own.join(NAME);
        if !is_intact(&file, packed)? {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&own)?;
            write(&file, &packed.program()?)?;
            if !is_intact(&file, packed)? {
                return Err(io::Error::other("the unpacked worker is not what was packed"));
            }
            self.tidy(&own);
        }
        // Also an error where the file system is mounted without permission to execute.
        rustix::fs::access(&file, Access::EXEC_OK)?;
        Ok(file)
    }

    /// Removes workers of other versions; one that is in the way of nothing may stay.
    fn tidy(&self, own: &Path) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path != own) {
            if let Err(error) = fs::remove_dir_all(&path) {
                tracing::debug!(path = %path.display(), %error, "A worker of another version could not be removed.");
            }
        }
    }
}

/// True when the file is there and holds what was packed.
fn is_intact(file: &Path, packed: &Packed) -> io::Result<bool> {
    match fs::read(file) {
        Ok(program) => {
            let is_intact = hex::encode(Sha256::digest(program)) == packed.sha256;
            if !is_intact {
                tracing::warn!(file = %file.display(), "A worker on disk is not what was unpacked; it is replaced.");
            }
            Ok(is_intact)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Beside the place first, so that nobody ever starts half a program; for this user alone.
fn write(file: &Path, program: &[u8]) -> io::Result<()> {
    let part = file.with_extension(format!("{}.part", std::process::id()));
    if let Err(error) = fs::remove_file(&part)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut written = fs::OpenOptions::new().write(true).create_new(true).mode(0o700).open(&part)?;
    written.write_all(program)?;
    drop(written);
    fs::rename(&part, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::packed::tests::packed;

    fn shelf() -> (tempfile::TempDir, Shelf) {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().join("cache/workers"));
        (folder, shelf)
    }

    #[test]
    fn a_worker_is_unpacked_for_its_owner_alone() {
        let (_folder, shelf) = shelf();
        let file = shelf.take(&packed("v3", "one")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one");
        for path in [file.as_path(), file.parent().unwrap(), shelf.folder.as_path()] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
        }
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_worker_that_is_there_is_not_written_again() {
        let (_folder, shelf) = shelf();
        let file = shelf.take(&packed("v3", "one")).unwrap();
        let before = fs::metadata(&file).unwrap().modified().unwrap();
        assert_eq!(shelf.take(&packed("v3", "one")).unwrap(), file);
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn a_worker_that_was_changed_is_replaced_before_anybody_starts_it() {
        let (_folder, shelf) = shelf();
        let file = shelf.take(&packed("v3", "one")).unwrap();
        for other in ["evil", "", "on"] {
            fs::write(&file, other).unwrap();
            shelf.take(&packed("v3", "one")).unwrap();
            assert_eq!(fs::read(&file).unwrap(), b"one");
        }
    }

    #[test]
    fn a_new_version_takes_the_place_of_the_old() {
        let (_folder, shelf) = shelf();
        let old = shelf.take(&packed("v3", "one")).unwrap();
        let new = shelf.take(&packed("v3", "two")).unwrap();
        assert!(!old.exists() && new.exists());
        assert_eq!(fs::read_dir(&shelf.folder).unwrap().count(), 1);
    }

    #[test]
    fn what_an_unpacking_that_was_cut_short_left_is_no_obstacle() {
        let (_folder, shelf) = shelf();
        let file = shelf.take(&packed("v3", "one")).unwrap();
        fs::remove_file(&file).unwrap();
        fs::write(file.with_extension(format!("{}.part", std::process::id())), "o").unwrap();
        shelf.take(&packed("v3", "one")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one");
    }

    #[test]
    fn a_place_that_cannot_be_written_or_executed_is_an_error() {
        let (folder, shelf) = shelf();
        fs::write(folder.path().join("cache"), "a file is in the way").unwrap();
        assert!(shelf.take(&packed("v3", "one")).is_err());
        fs::remove_file(folder.path().join("cache")).unwrap();
        let file = shelf.take(&packed("v3", "one")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let error = shelf.take(&packed("v3", "one")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_package_that_is_not_what_it_says_is_never_handed_out() {
        let (_folder, shelf) = shelf();
        let wrong = Packed { sha256: packed("v3", "two").sha256, ..packed("v3", "one") };
        assert!(shelf.take(&wrong).unwrap_err().to_string().contains("not what was packed"));
    }
}
