//! The key file that secrets in the database are encrypted with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use accounts::SealKey;
use anyhow::Context;
use stdx::Rng;

const BYTES: usize = 32;

/// Reads the key, and makes it when there is none. Of several programs that make it at the same moment, one wins, and all
/// have its key.
pub(crate) fn key(path: &Path, rng: &dyn Rng) -> anyhow::Result<SealKey> {
    if !path.exists() {
        make(path, rng).with_context(|| format!("{} cannot be made", path.display()))?;
    }
    let read = || anyhow::Ok(hex::decode(std::fs::read_to_string(path)?.trim())?);
    let bytes = read().with_context(|| format!("{} cannot be read", path.display()))?;
    let bytes: [u8; BYTES] =
        bytes.try_into().map_err(|_| anyhow::anyhow!("{} is not a key of {BYTES} bytes", path.display()))?;
    Ok(SealKey::new(&bytes))
}

/// Under its final name only when it is complete, and never over another one.
fn make(path: &Path, rng: &dyn Rng) -> std::io::Result<()> {
    let (mut bytes, mut unique) = ([0; BYTES], [0; 8]);
    rng.fill(&mut bytes);
    rng.fill(&mut unique);
    let unfinished = path.with_extension(format!("{}.part", hex::encode(unique)));
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    let made = file
        .write_all(hex::encode(bytes).as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(&unfinished, path));
    std::fs::remove_file(&unfinished)?;
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use stdx::OsRng;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.key");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| key(&path, &OsRng).unwrap());
            }
        });
        let text = std::fs::read_to_string(&path).unwrap();
        key(&path, &OsRng).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_broken_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.key");
        for broken in ["", "00", "not hex"] {
            std::fs::write(&path, broken).unwrap();
            assert!(key(&path, &OsRng).is_err(), "{broken}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        }
    }
}
