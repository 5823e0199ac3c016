//! The disk tier: one folder for each model, in it one for each build and setting that states depend on.
//!
//! Nothing here is synchronised with the disk: a file that a crash has cut is found out by its seal and dropped.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use stdx::Rng;

use super::file::{self, FileError};
use super::owner::Owner;
use super::tree::Sketch;
use super::unit::{Key, Unit};

/// The file with the secret that seals a model's units.
pub(super) const SECRET: &str = "secret";
const SUFFIX: &str = "unit";
/// Digits of a root's name that name its folder.
const DIGITS: usize = 16;

/// The files of one model under one build and setting.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    secret: [u8; 32],
}

/// Makes the folder of a model, readable for nobody else. For the server: a worker may not change permissions.
pub fn make_folder(model: &Path) -> io::Result<()> {
    fs::create_dir_all(model)?;
    fs::set_permissions(model, Permissions::from_mode(0o700))
}

impl Folder {
    /// Opens or makes the folder below `model`, and removes those of other builds and settings.
    pub(super) fn open(model: &Path, root: Key, rng: &dyn Rng) -> io::Result<Self> {
        let name = root.to_hex().get(..DIGITS).unwrap_or_default().to_owned();
        let dir = model.join(&name);
        fs::create_dir_all(&dir)?;
        let secret = secret(&model.join(SECRET), rng)?;
        for entry in fs::read_dir(model)?.flatten() {
            let other = entry.file_name();
            let is_ours =
                other.len() == DIGITS && other.to_string_lossy().bytes().all(|b| b.is_ascii_hexdigit());
            if is_ours && other != *name {
                // What stays is only a waste of space.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(Self { dir, secret })
    }

    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// What there is, the longest unused first. Removes what is damaged, foreign, half written, or a member's and
    /// older than `keep` at the time `now`.
    pub(super) fn scan(&self, now: SystemTime, keep: Duration) -> io::Result<Vec<Sketch>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir)?.flatten() {
            let path = entry.path();
            let Ok(used) = entry.metadata().and_then(|meta| meta.modified()) else { continue };
            let sketch = File::open(&path)
                .map_err(FileError::from)
                .and_then(|file| file::read_sketch(&self.secret, &mut BufReader::new(file)));
            let age = now.duration_since(used).unwrap_or_default();
            match sketch {
                Ok(sketch)
                    if path == self.path(sketch.key) && (age < keep || sketch.owner == Owner::Everybody) =>
                {
                    found.push((used, sketch));
                }
                Err(FileError::Io(error)) => eprintln!("A saved prompt is left alone: {error}"),
                Ok(_) | Err(FileError::Foreign(_)) => self.discard(&path),
            }
        }
        found.sort_by_key(|(used, sketch)| (*used, sketch.start));
        Ok(found.into_iter().map(|(_, sketch)| sketch).collect())
    }

    /// Reads a unit and notes that it was used at `now`.
    pub(super) fn read(&self, key: Key, now: SystemTime) -> Result<Unit, FileError> {
        let mut file = File::open(self.path(key))?;
        let unit = file::read(&self.secret, &mut file)?;
        if unit.key != key {
            return Err(FileError::Foreign("it has another's name"));
        }
        // Only the order in which units are given up depends on it.
        let _ = file.set_modified(now);
        Ok(unit)
    }

    /// Writes a unit; nobody sees it half written.
    pub(super) fn write(&self, unit: &Unit) -> io::Result<()> {
        let path = self.path(unit.key);
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)
            .and_then(|file| {
                let mut target = BufWriter::new(file);
                file::write(unit, &self.secret, &mut target)?;
                target.flush()
            })
            .and_then(|()| fs::rename(&part, &path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    pub(super) fn remove(&self, key: Key) {
        self.discard(&self.path(key));
    }

    fn discard(&self, path: &Path) {
        match fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => eprintln!("A saved prompt cannot be removed: {error}"),
        }
    }

    fn path(&self, key: Key) -> PathBuf {
        self.dir.join(key.to_hex()).with_extension(SUFFIX)
    }
}

/// The secret that seals the files of a model's folder; made when there is none.
fn secret(path: &Path, rng: &dyn Rng) -> io::Result<[u8; 32]> {
    if let Ok(secret) = <[u8; 32]>::try_from(fs::read(path).unwrap_or_default()) {
        return Ok(secret);
    }
    let mut secret = [0; 32];
    rng.fill(&mut secret);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&secret)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::unit::tests_support::unit;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn rng() -> Arc<dyn Rng> {
        Arc::new(stdx::SeededRng::new(7))
    }

    fn open(dir: &Path, identity: &str) -> Folder {
        Folder::open(dir, Key::root(identity), rng().as_ref()).unwrap()
    }

    fn scan(folder: &Folder) -> Vec<Key> {
        folder.scan(SystemTime::UNIX_EPOCH, DAY).unwrap().into_iter().map(|sketch| sketch.key).collect()
    }

    #[test]
    fn what_was_written_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let unit = unit(Key::root("a"), Owner::Everybody, 0, &[1, 2]);
        open(dir.path(), "a").write(&unit).unwrap();
        let again = open(dir.path(), "a");
        assert_eq!(scan(&again), [unit.key]);
        assert_eq!(again.read(unit.key, SystemTime::UNIX_EPOCH).unwrap(), unit);
    }

    #[test]
    fn another_build_begins_with_an_empty_folder_and_clears_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), "a").write(&unit(Key::root("a"), Owner::Everybody, 0, &[1])).unwrap();
        assert_eq!(scan(&open(dir.path(), "b")), []);
        assert_eq!(scan(&open(dir.path(), "a")), []);
    }

    #[test]
    fn damaged_and_half_written_files_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path(), "a");
        let [good, bad] = [[1], [2]].map(|tokens| unit(Key::root("a"), Owner::Everybody, 0, &tokens));
        folder.write(&good).unwrap();
        folder.write(&bad).unwrap();
        fs::write(folder.path(bad.key), b"HTPREFIX and so on").unwrap();
        fs::write(folder.path(bad.key).with_extension("9.part"), b"").unwrap();
        assert_eq!(scan(&folder), [good.key]);
        assert_eq!(fs::read_dir(&folder.dir).unwrap().count(), 1);
    }

    #[test]
    fn a_file_under_another_name_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path(), "a");
        let [one, two] = [[1], [2]].map(|tokens| unit(Key::root("a"), Owner::Everybody, 0, &tokens));
        folder.write(&one).unwrap();
        fs::copy(folder.path(one.key), folder.path(two.key)).unwrap();
        assert!(folder.read(two.key, SystemTime::UNIX_EPOCH).is_err());
        assert_eq!(scan(&folder), [one.key]);
    }

    #[test]
    fn members_units_grow_old_and_agents_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path(), "a");
        let agent = unit(Key::root("a"), Owner::Everybody, 0, &[1]);
        let member = unit(Key::root("a"), Owner::member(folder.secret(), "anna"), 0, &[1]);
        folder.write(&agent).unwrap();
        folder.write(&member).unwrap();
        let written = fs::metadata(folder.path(member.key)).unwrap().modified().unwrap();
        assert_eq!(folder.scan(written + DAY / 2, DAY).unwrap().len(), 2);
        let left = folder.scan(written + DAY * 2, DAY).unwrap();
        assert_eq!(left.iter().map(|sketch| sketch.key).collect::<Vec<_>>(), [agent.key]);
    }

    #[test]
    fn files_are_for_their_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        make_folder(dir.path()).unwrap();
        let folder = open(dir.path(), "a");
        let unit = unit(Key::root("a"), Owner::Everybody, 0, &[1]);
        folder.write(&unit).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path(unit.key)), 0o600);
        assert_eq!(mode(&dir.path().join(SECRET)), 0o600);
        assert_eq!(mode(dir.path()), 0o700);
    }
}
