//! Packing workers for the program that carries them.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest as _, Sha256};

/// Writes `<name>.deflate` and `<name>.sha256` as `crates/levels/build.rs` expects them; gives back the packed size.
pub(crate) fn pack(program: &Path, into: &Path, name: &str) -> Result<usize> {
    let contents = fs::read(program).with_context(|| program.display().to_string())?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&contents)?;
    let packed = encoder.finish()?;
    let sha256: String = Sha256::digest(&contents).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(into.join(format!("{name}.sha256")), format!("{sha256}\n"))?;
    fs::write(into.join(format!("{name}.deflate")), &packed)?;
    Ok(packed.len())
}

/// Makes a folder, or takes out what is in it.
pub(crate) fn make_empty(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} cannot be removed", folder.display()));
        }
        _ => {}
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::DeflateDecoder;

    use super::*;

    #[test]
    fn what_is_packed_can_be_unpacked_and_has_its_hash_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, "abc".repeat(1000)).unwrap();
        let packed = pack(&program, folder.path(), "v4-vnni").unwrap();
        assert!(packed < 100);
        let mut text = String::new();
        let file = fs::File::open(folder.path().join("v4-vnni.deflate")).unwrap();
        DeflateDecoder::new(file).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc".repeat(1000));
        // Of the thousandfold text, by sha256sum.
        let sha256 = fs::read_to_string(folder.path().join("v4-vnni.sha256")).unwrap();
        assert_eq!(sha256, "328de8f1895f8bb09f6e6b4c2012ef2b2a6f067cd002794b750aa040a6f6d8bd\n");
    }

    #[test]
    fn an_emptied_folder_is_there_and_empty() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_empty(&inner).unwrap();
        fs::write(inner.join("old"), "").unwrap();
        make_empty(&inner).unwrap();
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 0);
    }
}
