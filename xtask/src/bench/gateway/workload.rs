//! `bench/gateway.toml`: what is asked, how fast, and of whom.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workload {
    pub(super) rounds: usize,
    pub(super) question: String,
    pub(super) upstream: Upstream,
    pub(super) paced: Paced,
    pub(super) full: Full,
    pub(super) first: First,
    pub(super) flood: Flood,
    pub(super) ours: Ours,
    #[serde(rename = "peer")]
    pub(super) peers: Vec<Peer>,
}

/// Who answers in the end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upstream {
    pub(super) key: String,
    /// What they do, by their names.
    pub(super) models: BTreeMap<String, String>,
}

/// Requests at a fixed pace.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paced {
    pub(super) model: String,
    /// Of each answer.
    pub(super) pieces: usize,
    pub(super) clients: usize,
    pub(super) per_second: u32,
    pub(super) requests: usize,
    pub(super) streams: usize,
}

/// The same requests as fast as they are answered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Full {
    pub(super) seconds: f64,
}

/// Streams of which only the beginning is of interest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    pub(super) model: String,
    pub(super) pieces: usize,
    /// One after the other.
    pub(super) alone: usize,
    /// At once.
    pub(super) together: usize,
    /// How often.
    pub(super) bursts: usize,
}

/// Streams as fast as they are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flood {
    pub(super) model: String,
    pub(super) pieces: usize,
    pub(super) streams: usize,
    pub(super) seconds: f64,
}

/// Our own server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ours {
    /// What stands before a model's name.
    pub(super) prefix: String,
    /// What is in its data folder.
    pub(super) files: BTreeMap<String, String>,
}

/// Somebody else's gateway.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) package: Package,
    /// On the path, or in the folder that they are installed in.
    pub(super) program: String,
    pub(super) words: Vec<String>,
    /// Of each request.
    pub(super) headers: Vec<String>,
    /// Is found once it is ready.
    pub(super) ready: String,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
}

/// Where it is from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    pub(super) registry: Registry,
    pub(super) name: String,
    pub(super) version: String,
    /// What the registry is asked for.
    pub(super) wanted: String,
    /// Versions of what it needs that count whatever it says itself.
    #[serde(default)]
    pub(super) overrides: BTreeMap<String, String>,
}

/// Who keeps it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Registry {
    Pypi,
    Npm,
}

impl Workload {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let file = root.join("bench/gateway.toml");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        toml::from_str(&text).with_context(|| file.display().to_string())
    }
}

/// Words in braces, and what stands for them.
pub(super) struct Blanks(pub(super) Vec<(&'static str, String)>);

impl Blanks {
    pub(super) fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
    }

    /// Writes files below a folder.
    pub(super) fn write(&self, folder: &Path, files: &BTreeMap<String, String>) -> Result<()> {
        for (name, text) in files {
            let file = folder.join(name);
            std::fs::create_dir_all(file.parent().unwrap_or(folder))?;
            std::fs::write(&file, self.fill(text)).with_context(|| file.display().to_string())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    #[test]
    fn the_shipped_workload_is_one() {
        let workload = Workload::read(&host::root()).unwrap();
        assert!(workload.rounds >= 5);
        for model in [&workload.paced.model, &workload.first.model, &workload.flood.model] {
            assert!(workload.upstream.models.contains_key(model), "{model}");
        }
    }

    #[test]
    fn blanks_are_filled_in_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let blanks = Blanks(vec![("port", "9".to_owned()), ("key", "k".to_owned())]);
        let files = BTreeMap::from([("a/b.toml".to_owned(), "x = {port}{port}, {key}, { y }".to_owned())]);
        blanks.write(folder.path(), &files).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("a/b.toml")).unwrap(), "x = 99, k, { y }");
    }
}
