//! What lies on disk for all models, for people; no worker need run.

use std::fs;
use std::io;
use std::path::Path;

use super::file::{self, FileError};
use super::folder::SECRET;
use super::owner::Owner;

/// The saved prompts of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSurvey {
    /// The model's id.
    pub model: String,
    /// Files.
    pub units: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What the folder of all models' saved prompts holds, by model. An absent folder is an empty one.
///
/// # Errors
/// When the folder cannot be read.
pub fn survey(folder: &Path) -> io::Result<Vec<CacheSurvey>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        let mut survey =
            CacheSurvey { model: entry.file_name().to_string_lossy().into_owned(), units: 0, bytes: 0 };
        for build in entries(&entry.path())?.into_iter().filter(|build| build.path().is_dir()) {
            for unit in entries(&build.path())? {
                survey.units += 1;
                survey.bytes += unit.metadata().map_or(0, |meta| meta.len());
            }
        }
        found.push(survey);
    }
    found.sort_by(|a, b| a.model.cmp(&b.model));
    Ok(found)
}

/// Removes what is saved of one model. A worker that runs does not find it any more and computes it again.
///
/// # Errors
/// When the disk refuses.
pub fn clear(folder: &Path, model: &str) -> io::Result<()> {
    for build in entries(&folder.join(model))?.into_iter().filter(|build| build.path().is_dir()) {
        for unit in entries(&build.path())? {
            fs::remove_file(unit.path())?;
        }
    }
    Ok(())
}

/// Removes what is saved for one scope, of all models.
///
/// # Errors
/// When the disk refuses.
pub fn forget(folder: &Path, scope: &str) -> io::Result<()> {
    for model in entries(folder)? {
        let Ok(secret) = <[u8; 32]>::try_from(fs::read(model.path().join(SECRET)).unwrap_or_default()) else {
            continue;
        };
        let owner = Owner::member(&secret, scope);
        for build in entries(&model.path())?.into_iter().filter(|build| build.path().is_dir()) {
            for unit in entries(&build.path())? {
                let sketch = fs::File::open(unit.path())
                    .map_err(FileError::from)
                    .and_then(|file| file::read_sketch(&secret, &mut io::BufReader::new(file)));
                if sketch.is_ok_and(|sketch| sketch.owner == owner) {
                    fs::remove_file(unit.path())?;
                }
            }
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_clears_by_model() {
        let dir = tempfile::tempdir().unwrap();
        for (model, bytes) in [("a", 3), ("a", 4), ("b", 5)] {
            let folder = dir.path().join(model).join("0123456789abcdef");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{bytes}.unit")), vec![0; bytes]).unwrap();
            fs::write(dir.path().join(model).join("secret"), [0; 32]).unwrap();
        }
        let of = |model: &str, units, bytes| CacheSurvey { model: model.to_owned(), units, bytes };
        assert_eq!(survey(dir.path()).unwrap(), [of("a", 2, 7), of("b", 1, 5)]);
        clear(dir.path(), "a").unwrap();
        assert_eq!(survey(dir.path()).unwrap(), [of("a", 0, 0), of("b", 1, 5)]);
    }

    #[test]
    fn an_absent_folder_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(survey(&dir.path().join("none")).unwrap(), []);
        clear(&dir.path().join("none"), "a").unwrap();
    }
}
