use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use catalog::ModelSpec;
use serde::{Deserialize, Serialize};
use stdx::{Clock, Timestamp};

use crate::disk::{self, remove_file, sha256_of};
use crate::error::StoreError;

/// The folder of the installed models, one folder each.
///
/// Every question is answered from the disk, so that several processes may use one folder.
#[derive(Clone, Debug)]
pub struct ModelStore {
    dir: PathBuf,
    caches: Arc<[PathBuf]>,
    clock: Arc<dyn Clock>,
}

/// What `model.json` says about an installed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledModel {
    /// The model's id in the catalogue.
    pub id: String,
    /// The file's name in the model's folder.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 at installation.
    pub sha256: String,
    /// Where it came from, for people.
    pub source: String,
    /// When it was installed.
    pub installed_at: Timestamp,
    /// The file's time of modification at installation, in nanoseconds since 1970; a file that was touched since
    /// must be hashed again before it is trusted.
    pub modified_nanos: u64,
}

/// The files of one model.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) folder: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) part: PathBuf,
    pub(crate) journal: PathBuf,
    pub(crate) wheels: PathBuf,
    pub(crate) brought: PathBuf,
    record: PathBuf,
}

impl ModelStore {
    /// The store in `dir`, which need not exist yet. `caches` are folders, never written to, in which a file with
    /// the right hash may lie: under its SHA-256, its own name, or as `<id>/<file>` like in another store.
    pub fn new(dir: impl Into<PathBuf>, caches: Vec<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self { dir: dir.into(), caches: caches.into(), clock }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The model as it was installed, when its file is there with the recorded size and time. Costs no hashing.
    pub fn installed(&self, spec: &ModelSpec) -> Option<InstalledModel> {
        let record = self.record(&spec.id)?;
        let is_same = (&record.id, &record.file, &record.sha256) == (&spec.id, &spec.file, &spec.sha256);
        (is_same && self.is_untouched(&record)).then_some(record)
    }

    /// True when the model was installed and its file is another one now: it was copied, cut or written to. A pull
    /// checks it, and fetches it again when it must.
    pub fn has_changed(&self, spec: &ModelSpec) -> bool {
        self.record(&spec.id).is_some_and(|record| !self.is_untouched(&record))
            && self.places(spec).file.is_file()
    }

    /// Where the model's file is, when it is installed.
    pub fn path(&self, spec: &ModelSpec) -> Option<PathBuf> {
        self.installed(spec).map(|_| self.places(spec).file)
    }

    /// The installed models, sorted by id; also those that the catalogue no longer knows.
    pub fn list(&self) -> Vec<InstalledModel> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let mut found: Vec<_> = entries
            .filter_map(|entry| self.record(entry.ok()?.file_name().to_str()?))
            .filter(|record| self.is_untouched(record))
            .collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// Removes everything about the model: its file, and what an interrupted pull left.
    ///
    /// # Errors
    /// When there is nothing of this model, it is being fetched, or the disk refuses.
    pub fn remove(&self, id: &str) -> Result<(), StoreError> {
        let folder = self.dir.join(id);
        if !is_plain(id) || !folder.is_dir() {
            return Err(StoreError::NotInstalled { id: id.to_owned() });
        }
        let _lock = self.lock_or_busy(id)?;
        // The record goes first: a crash in between must not leave a record without a file.
        remove_file(&folder.join(RECORD))
            .and_then(|()| fs::remove_dir_all(&folder))
            .map_err(|error| StoreError::Io { doing: format!("removing {id}"), error })
    }

    /// Reads the whole file and compares it with the catalogue. A file that differs is moved aside and the model is
    /// no longer installed. Takes seconds: call it where blocking is allowed. `at` hears how many bytes are read.
    ///
    /// # Errors
    /// When the model is not installed, is damaged or is being fetched, or the disk refuses.
    pub fn verify(&self, spec: &ModelSpec, mut at: impl FnMut(u64)) -> Result<InstalledModel, StoreError> {
        let not_installed = || StoreError::NotInstalled { id: spec.id.clone() };
        let _lock = self.lock_or_busy(&spec.id)?;
        let record = self.record(&spec.id).ok_or_else(not_installed)?;
        let io_error = |error| StoreError::Io { doing: format!("checking {}", spec.id), error };
        let places = self.places(spec);
        let found = match sha256_of(&places.file, |position| {
            at(position);
            Ok(())
        }) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(not_installed()),
            Err(error) => return Err(io_error(error)),
        };
        if found == spec.sha256 {
            return self.write_record(spec, &record.source).map_err(io_error);
        }
        let kept_as = self.quarantine(spec).map_err(io_error)?;
        Err(StoreError::Corrupt {
            id: spec.id.clone(),
            found: format!("SHA-256 {found}"),
            expected: spec.sha256.clone(),
            kept_as,
        })
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn places(&self, spec: &ModelSpec) -> Places {
        let folder = self.dir.join(&spec.id);
        Places {
            file: folder.join(&spec.file),
            part: folder.join(format!("{}.part", spec.file)),
            journal: folder.join(format!("{}.part.json", spec.file)),
            wheels: folder.join(".wheels"),
            brought: folder.join(format!("{}.brought", spec.file)),
            record: folder.join(RECORD),
            folder,
        }
    }

    /// Files in the caches that may be the model's, best guess first.
    pub(crate) fn cached(&self, spec: &ModelSpec) -> Vec<PathBuf> {
        let names =
            [Path::new(&spec.id).join(&spec.file), spec.sha256.clone().into(), spec.file.clone().into()];
        let candidates = self.caches.iter().flat_map(|cache| names.iter().map(|name| cache.join(name)));
        candidates.filter(|path| has_size(path, spec.bytes)).collect()
    }

    /// The right to change the model's folder, across processes; nothing while somebody else has it.
    pub(crate) fn try_lock(&self, id: &str) -> io::Result<Option<File>> {
        let folder = self.dir.join(".locks");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{id}.lock"));
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Makes a finished and checked file the model's file. Any crash leaves the model installed or not installed.
    pub(crate) fn install(&self, spec: &ModelSpec, from: &Path, source: &str) -> io::Result<InstalledModel> {
        let places = self.places(spec);
        if from != places.file {
            File::open(from)?.sync_all()?;
            fs::rename(from, &places.file)?;
        }
        self.write_record(spec, source)
    }

    /// Moves the model's file aside; gives its new name.
    pub(crate) fn quarantine(&self, spec: &ModelSpec) -> io::Result<String> {
        let places = self.places(spec);
        let prefix = format!("{}.corrupt-", spec.file);
        for entry in fs::read_dir(&places.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                remove_file(&entry.path())?;
            }
        }
        remove_file(&places.record)?;
        let name = format!("{prefix}{}", self.clock.now().as_micros() / 1_000_000);
        fs::rename(&places.file, places.folder.join(&name))?;
        Ok(name)
    }

    fn lock_or_busy(&self, id: &str) -> Result<File, StoreError> {
        self.try_lock(id)
            .map_err(|error| StoreError::Io { doing: format!("locking {id}"), error })?
            .ok_or_else(|| StoreError::Busy { id: id.to_owned() })
    }

    fn record(&self, id: &str) -> Option<InstalledModel> {
        let text = fs::read(self.dir.join(id).join(RECORD)).ok()?;
        serde_json::from_slice(&text).ok().filter(|record: &InstalledModel| record.id == id)
    }

    fn is_untouched(&self, record: &InstalledModel) -> bool {
        let path = self.dir.join(&record.id).join(&record.file);
        is_plain(&record.file)
            && has_size(&path, record.bytes)
            && modified_nanos(&path).is_ok_and(|nanos| nanos == record.modified_nanos)
    }

    fn write_record(&self, spec: &ModelSpec, source: &str) -> io::Result<InstalledModel> {
        let places = self.places(spec);
        let record = InstalledModel {
            id: spec.id.clone(),
            file: spec.file.clone(),
            bytes: spec.bytes,
            sha256: spec.sha256.clone(),
            source: source.to_owned(),
            installed_at: self.clock.now(),
            modified_nanos: modified_nanos(&places.file)?,
        };
        disk::write_whole(&places.record, &serde_json::to_vec_pretty(&record)?)?;
        File::open(&places.folder)?.sync_all()?;
        Ok(record)
    }
}

const RECORD: &str = "model.json";

pub(crate) fn has_size(path: &Path, bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == bytes)
}

fn modified_nanos(path: &Path) -> io::Result<u64> {
    let since = fs::metadata(path)?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// True for one plain name: no folder, no `..`, nothing hidden.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) && !name.starts_with('.')
}
