//! `hutong.toml` in the data folder: every section and field may be absent.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// What the operator wrote down.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) engine: EngineSection,
    pub(crate) models: ModelsConfig,
}

/// How the server is reached.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// More names it answers to, beside the loopback ones.
    pub(crate) hosts: Vec<String>,
    /// True behind a proxy that speaks HTTPS.
    pub(crate) https: bool,
}

/// How local models run. Zero means: decided by the machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EngineSection {
    pub(crate) threads: u32,
    pub(crate) nice: Option<u32>,
    /// Whether agents' prompts are computed ahead when there is nothing else to do; so it is unless this says no. Costs
    /// some minutes of computing once for each model.
    pub(crate) warm_up: Option<bool>,
}

/// Where models come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModelsConfig {
    /// A mirror of the Hugging Face hub.
    pub(crate) hf_endpoint: Option<String>,
}

impl Config {
    /// Reads the file; an absent one is an empty one.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                toml::from_str(&text).with_context(|| format!("{} cannot be understood", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_and_no_file_are_the_defaults() {
        let config = Config::read(Path::new("/nonexistent/hutong.toml")).unwrap();
        assert!(config.server.hosts.is_empty() && !config.server.https && config.engine.threads == 0);
    }

    #[test]
    fn unknown_settings_are_named() {
        let error = toml::from_str::<Config>("[server]\nprot = 1").unwrap_err().to_string();
        assert!(error.contains("prot"), "{error}");
    }
}
