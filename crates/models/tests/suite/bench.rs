//! What every test lays out before it begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use catalog::{ModelSpec, Source};
use models::{
    Disk, Installer, InstallerOptions, ModelStore, Progress, Pull, PullError, RetryPolicy, SystemDisk,
};
use sha2::{Digest, Sha256};
use stdx::{MockClock, SeededRng, Timestamp};
use tempfile::TempDir;

/// A folder, a clock and a way to make installers in them.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) clock: MockClock,
    pub(crate) caches: Vec<PathBuf>,
    pub(crate) options: InstallerOptions,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let mut options = InstallerOptions::new(Arc::new(SeededRng::new(1)));
        options.hf_endpoint = "http://127.0.0.1:1".to_owned();
        options.retry = RetryPolicy {
            fruitless: 3,
            unreachable: 2,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(5),
            idle: Duration::from_millis(300),
            connect: Duration::from_secs(5),
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: MockClock::at(Timestamp::from_micros(1_795_334_400_000_000)),
            caches: Vec::new(),
            options,
        }
    }

    pub(crate) fn store(&self) -> ModelStore {
        ModelStore::new(self.dir(), self.caches.clone(), Arc::new(self.clock.clone()))
    }

    /// An installer as another process would make it: it shares the folder and nothing else.
    pub(crate) fn installer(&self) -> Installer {
        Installer::new(self.store(), self.options.clone())
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir().join("toy/toy.gguf")
    }

    pub(crate) fn part_len(&self) -> u64 {
        std::fs::metadata(self.dir().join("toy/toy.gguf.part")).map_or(0, |meta| meta.len())
    }

    /// The names in the model's folder.
    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.dir().join("toy"))
    }

    pub(crate) fn disk_with(&mut self, available: u64) {
        #[derive(Debug)]
        struct Small(u64);
        impl Disk for Small {
            fn available(&self, folder: &Path) -> std::io::Result<u64> {
                SystemDisk.available(folder).map(|_| self.0)
            }
        }
        self.options.disk = Arc::new(Small(available));
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Bytes that look like weights: no two stretches alike.
pub(crate) fn weights(len: usize) -> Vec<u8> {
    use stdx::Rng;
    let mut bytes = vec![0; len];
    SeededRng::new(7).fill(&mut bytes);
    bytes
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A model with these contents and sources.
pub(crate) fn toy(contents: &[u8], sources: Vec<Source>) -> ModelSpec {
    ModelSpec {
        id: "toy".to_owned(),
        name: "Toy".to_owned(),
        kind: wire::ModelKind::Chat,
        family: "toy".to_owned(),
        licence: "MIT".to_owned(),
        source_url: "https://example.org".to_owned(),
        checked_on: "2026-11-22".to_owned(),
        parameters: "1B".to_owned(),
        quant: "Q4_0".to_owned(),
        bytes: u64::try_from(contents.len()).unwrap(),
        sha256: sha256(contents),
        context_tokens: 2048,
        file: "toy.gguf".to_owned(),
        default: true,
        sources,
    }
}

pub(crate) fn https(url: String) -> Source {
    Source::Https { url }
}

/// Waits until the pull shows what the test waits for.
pub(crate) async fn until(pull: &Pull, seen: impl FnMut(&Progress) -> bool) -> Progress {
    pull.progress().wait_for(seen).await.unwrap().clone()
}

/// The reasons of a pull that found no source.
pub(crate) fn reasons(error: PullError) -> Vec<String> {
    match error {
        PullError::NoSource { failures } => failures.into_iter().map(|failure| failure.reason).collect(),
        other => panic!("{other}"),
    }
}
