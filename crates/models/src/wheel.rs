use std::fs::File;
use std::io;
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::disk::each_block;
use crate::error::Failure;

/// Hands one file of a wheel to `take`, block by block. Nothing is ever unpacked to a path that the wheel names.
///
/// # Errors
/// When the wheel is damaged, does not have the file, or has one larger than `most` bytes.
pub(crate) fn read_file(
    wheel: &Path,
    inside: &str,
    most: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut archive = ZipArchive::new(File::open(wheel)?).map_err(|error| damaged(&error))?;
    let mut file = match archive.by_name(inside) {
        Ok(file) if file.is_file() => file,
        Ok(_) | Err(ZipError::FileNotFound) => {
            return Err(Failure::source(format!("the wheel has no file {inside}")));
        }
        Err(error) => return Err(damaged(&error)),
    };
    if file.size() > most {
        let reason = format!("{inside} has {} bytes, at most {most} are missing", file.size());
        return Err(Failure::Source(reason));
    }
    // An error of the writing side is the disk's, one of the reading side the wheel's.
    let mut of_disk = None;
    let read = each_block(&mut file, |block| {
        take(block).map_err(|error| {
            let kind = error.kind();
            of_disk = Some(error);
            kind.into()
        })
    });
    match (read, of_disk) {
        (_, Some(error)) => Err(error.into()),
        (Err(error), None) => Err(Failure::source(format!("the wheel is damaged: {error}"))),
        (Ok(_), None) => Ok(()),
    }
}

fn damaged(error: &ZipError) -> Failure {
    Failure::source(format!("the wheel is damaged: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn wheel(contents: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut zip = zip::ZipWriter::new(file.reopen().unwrap());
        zip.add_directory("toy", SimpleFileOptions::default()).unwrap();
        zip.start_file("toy/p.bin", SimpleFileOptions::default()).unwrap();
        zip.write_all(contents).unwrap();
        zip.finish().unwrap();
        file
    }

    fn read(wheel: &Path, inside: &str, most: u64) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let outcome = read_file(wheel, inside, most, |block| {
            all.extend_from_slice(block);
            Ok(())
        });
        outcome.map(|()| all).map_err(|failure| match failure {
            Failure::Source(reason) => reason,
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn only_the_exact_path_is_read() {
        let wheel = wheel(b"weights");
        assert_eq!(read(wheel.path(), "toy/p.bin", 7).unwrap(), b"weights");
        for other in ["p.bin", "toy/p", "toy/", "./toy/p.bin", "TOY/p.bin"] {
            assert_eq!(read(wheel.path(), other, 7).unwrap_err(), format!("the wheel has no file {other}"));
        }
    }

    #[test]
    fn a_file_that_would_not_fit_is_refused_before_it_is_read() {
        let bomb = wheel(&vec![0; 1 << 20]);
        assert_eq!(
            read(bomb.path(), "toy/p.bin", 100).unwrap_err(),
            "toy/p.bin has 1048576 bytes, at most 100 are missing"
        );
    }

    #[test]
    fn damage_is_the_wheel_s_and_a_full_disk_is_the_disk_s() {
        let good = wheel(&(0..=255).cycle().take(100_000).collect::<Vec<u8>>());
        let mut bytes = std::fs::read(good.path()).unwrap();
        bytes[200] ^= 0xff;
        let bad = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(bad.path(), &bytes).unwrap();
        let reason = read(bad.path(), "toy/p.bin", 1 << 20).unwrap_err();
        assert!(reason.starts_with("the wheel is damaged"), "{reason}");
        let full = read_file(good.path(), "toy/p.bin", 1 << 20, |_| Err(io::ErrorKind::StorageFull.into()));
        assert!(matches!(full, Err(Failure::Disk(error)) if error.kind() == io::ErrorKind::StorageFull));
    }
}
