//! Plain file work that more than one module needs.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Where the free space is asked.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Bytes that this user may still write to the file system that holds `folder`.
    ///
    /// # Errors
    /// When the system does not say.
    fn available(&self, folder: &Path) -> io::Result<u64>;
}

/// The disks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn available(&self, folder: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(folder)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// How much is read at once.
const BLOCK: usize = 1 << 20;

/// Hands the contents of `reader` to `take`, block by block; gives the number of bytes.
pub(crate) fn each_block(
    reader: &mut impl Read,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut all = 0_u64;
    loop {
        let read = match reader.read(&mut block) {
            Ok(0) => return Ok(all),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        take(block.get(..read).unwrap_or_default())?;
        all = all.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
}

/// The SHA-256 of a file; `at` hears the position and may stop the work by an error.
pub(crate) fn sha256_of(path: &Path, mut at: impl FnMut(u64) -> io::Result<()>) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut position = 0_u64;
    each_block(&mut File::open(path)?, |block| {
        hasher.update(block);
        position = position.saturating_add(len(block));
        at(position)
    })?;
    Ok(hex::encode(hasher.finalize()))
}

/// Replaces a file in one step: a crash leaves the old text or the new one.
pub(crate) fn write_whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let fresh = Path::new(&name);
    fs::write(fresh, text)?;
    File::open(fresh)?.sync_all()?;
    fs::rename(fresh, path)
}

/// Removes a file; one that is not there is removed already.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a folder with all it holds; one that is not there is removed already.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The length of a slice as the file system counts.
pub(crate) fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256_and_the_listener_can_stop_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        // FIPS 180-4, appendix of examples.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of(&path, |_| Ok(())).unwrap(), expected);
        let stopped = sha256_of(&path, |_| Err(io::ErrorKind::Interrupted.into())).unwrap_err();
        assert_eq!(stopped.kind(), io::ErrorKind::Interrupted);
    }

    #[test]
    fn this_disk_has_space_and_a_missing_one_is_an_error() {
        assert!(SystemDisk.available(Path::new("/")).is_ok());
        assert!(SystemDisk.available(Path::new("/no/such/folder")).is_err());
    }
}
