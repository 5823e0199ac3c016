//! Registered adapters: a folder for each, with the file and a record of what it is for.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gguf::{GgufError, Misfit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stdx::{Clock, Timestamp};
use thiserror::Error;
use wire::ErrorCode;

use crate::disk::{each_block, remove_file, write_whole};

const FILE: &str = "adapter.gguf";
const RECORD: &str = "adapter.toml";
/// Names of folders in which an adapter is put together; no id begins so.
const FRESH: &str = ".new-";
/// Characters of an id.
const LONGEST_ID: usize = 64;
/// The largest file, in bytes: adapters of large models have some hundred megabytes.
const LARGEST: u64 = 8 << 30;

/// The folder of the registered adapters.
///
/// Every question is answered from the disk, so that several processes may use one folder.
#[derive(Clone, Debug)]
pub struct AdapterStore {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
}

/// What `adapter.toml` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegisteredAdapter {
    /// Its name.
    pub id: String,
    /// The id of the model that it is for.
    pub model: String,
    /// Of its file, in hexadecimal.
    pub sha256: String,
    /// The size of its file.
    pub bytes: u64,
    /// How strongly it counts when a request does not say.
    pub scale: f32,
    /// When it was registered.
    pub added_at: Timestamp,
}

/// An adapter that is to be registered.
#[derive(Clone, Copy, Debug)]
pub struct NewAdapter<'a> {
    /// Its name: lower-case letters, digits and hyphens.
    pub id: &'a str,
    /// The model that it is for.
    pub model: &'a str,
    /// That model's file.
    pub model_file: &'a Path,
    /// How strongly it counts when a request does not say.
    pub scale: f32,
}

/// Why an adapter is not registered, or not there.
#[derive(Debug, Error)]
pub enum AdapterError {
    /// The name cannot be one.
    #[error("`{0}` cannot be an adapter's id: 1 to 64 lower-case letters, digits and hyphens")]
    Id(String),
    /// There is one of this name.
    #[error("there is an adapter `{0}` already")]
    Exists(String),
    /// There is none of this name.
    #[error("there is no adapter `{0}`")]
    Unknown(String),
    /// The file is too large to be an adapter.
    #[error("the file is larger than 8 GiB")]
    TooLarge,
    /// The file is no adapter, or not a whole one.
    #[error("the file is not an adapter that can be used: {0}")]
    Damaged(GgufError),
    /// The adapter is for another model.
    #[error("the adapter `{id}` is not for the model `{model}`: {misfit}")]
    Unfit {
        /// The adapter.
        id: String,
        /// The model that it was said to be for.
        model: String,
        /// What differs.
        misfit: Misfit,
    },
    /// The disk did not do what it was asked.
    #[error("{doing}: {error}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        error: io::Error,
    },
}

impl AdapterError {
    /// The word for the outside.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Id(_) => ErrorCode::InvalidRequest,
            Self::Exists(_) => ErrorCode::Conflict,
            Self::Unknown(_) => ErrorCode::NotFound,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Damaged(_) | Self::Unfit { .. } => ErrorCode::AdapterUnusable,
            Self::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull => ErrorCode::DiskFull,
            Self::Io { .. } => ErrorCode::Internal,
        }
    }
}

impl AdapterStore {
    /// The store in `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self { dir: dir.into(), clock }
    }

    /// The registered adapters, sorted by id.
    pub fn list(&self) -> Vec<RegisteredAdapter> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let mut found: Vec<_> =
            entries.filter_map(|entry| self.get(entry.ok()?.file_name().to_str()?)).collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// A registered adapter. Reads one small file.
    pub fn get(&self, id: &str) -> Option<RegisteredAdapter> {
        let text = is_id(id).then(|| fs::read_to_string(self.dir.join(id).join(RECORD)))?.ok()?;
        toml::from_str(&text).ok().filter(|adapter: &RegisteredAdapter| adapter.id == id)
    }

    /// Where the file of a registered adapter is.
    pub fn path(&self, adapter: &RegisteredAdapter) -> PathBuf {
        self.dir.join(&adapter.id).join(FILE)
    }

    /// Copies a file, checks the copy against the model, and registers it. Any crash leaves the adapter registered or
    /// not registered. Takes the time of copying: call it where blocking is allowed.
    ///
    /// # Errors
    /// When the id cannot be one or is taken, the file is damaged or for another model, or the disk refuses.
    pub fn add(&self, from: &Path, adapter: NewAdapter<'_>) -> Result<RegisteredAdapter, AdapterError> {
        let id = adapter.id;
        if !is_id(id) {
            return Err(AdapterError::Id(id.to_owned()));
        }
        if self.dir.join(id).exists() {
            return Err(AdapterError::Exists(id.to_owned()));
        }
        let fresh = self.dir.join(format!("{FRESH}{id}-{}", std::process::id()));
        let added = self.put_together(&fresh, from, adapter);
        if added.is_err() {
            // What is left is in nobody's way, and removed when the same is tried again.
            let _ = fs::remove_dir_all(&fresh);
        }
        added
    }

    fn put_together(
        &self,
        fresh: &Path,
        from: &Path,
        adapter: NewAdapter<'_>,
    ) -> Result<RegisteredAdapter, AdapterError> {
        let NewAdapter { id, model, model_file, scale } = adapter;
        let io = |doing| move |error| AdapterError::Io { doing, error };
        fs::create_dir_all(fresh).map_err(io("making the adapter's folder"))?;
        let copy = fresh.join(FILE);
        let (sha256, bytes) = copy_whole(from, &copy)?;
        let facts = inspect(&copy, gguf::inspect_adapter).map_err(AdapterError::Damaged)?;
        let shapes = inspect(model_file, gguf::shapes).map_err(|error| AdapterError::Io {
            doing: "reading the model",
            error: io::Error::other(error),
        })?;
        facts.fits(&shapes).map_err(|misfit| AdapterError::Unfit {
            id: id.to_owned(),
            model: model.to_owned(),
            misfit,
        })?;
        let record = RegisteredAdapter {
            id: id.to_owned(),
            model: model.to_owned(),
            sha256,
            bytes,
            scale,
            added_at: self.clock.now(),
        };
        let text = toml::to_string(&record).map_err(io::Error::other);
        let text = text.map_err(io("writing the adapter's record"))?;
        write_whole(&fresh.join(RECORD), text.as_bytes()).map_err(io("writing the adapter's record"))?;
        // Fails when somebody else has registered one of this name meanwhile.
        fs::rename(fresh, self.dir.join(id)).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                AdapterError::Exists(id.to_owned())
            }
            _ => AdapterError::Io { doing: "naming the adapter's folder", error },
        })?;
        Ok(record)
    }

    /// Removes an adapter. Answers that are being computed with it end as if it were there.
    ///
    /// # Errors
    /// When there is none of this name, or the disk refuses.
    pub fn remove(&self, id: &str) -> Result<(), AdapterError> {
        let folder = self.dir.join(id);
        if !is_id(id) || !folder.is_dir() {
            return Err(AdapterError::Unknown(id.to_owned()));
        }
        // The record goes first: a crash in between must not leave a record without a file.
        remove_file(&folder.join(RECORD))
            .and_then(|()| fs::remove_dir_all(&folder))
            .map_err(|error| AdapterError::Io { doing: "removing the adapter", error })
    }
}

/// True for a name that is one plain folder.
fn is_id(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(is_plain)
}

/// Copies a file to disk; gives its SHA-256 and its size.
fn copy_whole(from: &Path, to: &Path) -> Result<(String, u64), AdapterError> {
    let reading = |error| AdapterError::Io { doing: "reading the file", error };
    let writing = |error| AdapterError::Io { doing: "copying the file", error };
    let mut source = File::open(from).map_err(reading)?;
    let metadata = source.metadata().map_err(reading)?;
    if !metadata.is_file() {
        return Err(AdapterError::Damaged(GgufError::NotAFile));
    }
    if metadata.len() > LARGEST {
        return Err(AdapterError::TooLarge);
    }
    let mut target = File::create(to).map_err(writing)?;
    let mut hasher = Sha256::new();
    let bytes = each_block(&mut source, |block| {
        hasher.update(block);
        target.write_all(block)
    });
    let bytes = bytes.map_err(writing)?;
    target.sync_all().map_err(writing)?;
    Ok((hex::encode(hasher.finalize()), bytes))
}

fn inspect<T>(
    path: &Path,
    read: impl FnOnce(BufReader<File>, u64) -> Result<T, GgufError>,
) -> Result<T, GgufError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    read(BufReader::with_capacity(1 << 16, file), length)
}

#[cfg(test)]
mod tests {
    use stdx::SystemClock;

    use super::*;

    fn text(value: &str) -> Vec<u8> {
        [u64::try_from(value.len()).unwrap().to_le_bytes().as_slice(), value.as_bytes()].concat()
    }

    /// A file with texts and tensors of four bytes an element.
    fn file(texts: &[(&str, &str)], tensors: &[(&str, [u64; 2])]) -> Vec<u8> {
        let count = |n: usize| u64::try_from(n).unwrap().to_le_bytes();
        let mut bytes = [b"GGUF".as_slice(), &3_u32.to_le_bytes()].concat();
        bytes.extend([count(tensors.len()), count(texts.len())].concat());
        for (key, value) in texts {
            bytes.extend([text(key).as_slice(), &8_u32.to_le_bytes(), &text(value)].concat());
        }
        let mut offset = 0;
        for (name, shape) in tensors {
            bytes.extend([text(name).as_slice(), &2_u32.to_le_bytes()].concat());
            bytes.extend(shape.iter().flat_map(|size| size.to_le_bytes()));
            bytes.extend([0_u32.to_le_bytes().as_slice(), &u64::to_le_bytes(offset)].concat());
            offset += (shape[0] * shape[1] * 4).next_multiple_of(32);
        }
        bytes.resize(bytes.len().next_multiple_of(32) + usize::try_from(offset).unwrap(), 0);
        bytes
    }

    fn adapter(architecture: &str) -> Vec<u8> {
        let texts =
            [("general.type", "adapter"), ("general.architecture", architecture), ("adapter.type", "lora")];
        file(&texts, &[("w.lora_a", [8, 2]), ("w.lora_b", [2, 8])])
    }

    struct Bench {
        folder: tempfile::TempDir,
        store: AdapterStore,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let model = file(&[("general.architecture", "llama")], &[("w", [8, 8])]);
            fs::write(folder.path().join("model.gguf"), model).unwrap();
            let store = AdapterStore::new(folder.path().join("adapters"), Arc::new(SystemClock::new()));
            Self { folder, store }
        }

        fn add(&self, id: &str, bytes: &[u8]) -> Result<RegisteredAdapter, AdapterError> {
            let (from, model_file) = (self.folder.path().join("from"), self.folder.path().join("model.gguf"));
            fs::write(&from, bytes).unwrap();
            self.store.add(&from, NewAdapter { id, model: "tiny", model_file: &model_file, scale: 0.5 })
        }

        /// Entries of the folder of adapters.
        fn entries(&self) -> usize {
            fs::read_dir(self.folder.path().join("adapters")).map_or(0, Iterator::count)
        }
    }

    #[test]
    fn what_is_added_is_listed_until_it_is_removed() {
        let bench = Bench::new();
        let added = bench.add("poet", &adapter("llama")).unwrap();
        assert_eq!((added.model.as_str(), added.scale), ("tiny", 0.5));
        assert_eq!(bench.store.list(), std::slice::from_ref(&added));
        assert_eq!(bench.store.get("poet"), Some(added.clone()));
        assert_eq!(fs::read(bench.store.path(&added)).unwrap(), adapter("llama"));
        bench.store.remove("poet").unwrap();
        assert_eq!((bench.store.list(), bench.entries()), (vec![], 0));
        assert!(matches!(bench.store.remove("poet"), Err(AdapterError::Unknown(_))));
    }

    #[test]
    fn one_for_another_model_is_refused_with_both_names_and_leaves_nothing() {
        let bench = Bench::new();
        let error = bench.add("poet", &adapter("qwen2")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::AdapterUnusable);
        assert_eq!(
            error.to_string(),
            "the adapter `poet` is not for the model `tiny`: it is for models of the kind qwen2, and the model is of \
             the kind llama"
        );
        assert_eq!(bench.entries(), 0);
    }

    #[test]
    fn a_damaged_file_is_refused_and_leaves_nothing() {
        let bench = Bench::new();
        let whole = adapter("llama");
        for bytes in [&whole[..whole.len() - 1], &whole[..90], b"", b"PK\x03\x04 a zip"] {
            let error = bench.add("poet", bytes).unwrap_err();
            assert!(matches!(error, AdapterError::Damaged(_)), "{error}");
        }
        assert_eq!(bench.entries(), 0);
    }

    #[test]
    fn a_name_is_taken_once() {
        let bench = Bench::new();
        bench.add("poet", &adapter("llama")).unwrap();
        let error = bench.add("poet", &adapter("llama")).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            (ErrorCode::Conflict, "there is an adapter `poet` already")
        );
        assert_eq!(bench.entries(), 1);
    }

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        let bench = Bench::new();
        fs::create_dir_all(bench.folder.path().join("adapters")).unwrap();
        for id in ["", "..", "../x", "a/b", ".new-x", "Poet", "a.b", &"x".repeat(65)] {
            assert!(matches!(bench.add(id, &adapter("llama")), Err(AdapterError::Id(_))), "{id}");
            assert!(matches!(bench.store.remove(id), Err(AdapterError::Unknown(_))), "{id}");
            assert_eq!(bench.store.get(id), None);
        }
    }
}
