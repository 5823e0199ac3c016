//! Models that the first start and the tests need. The default one is whichever `data/models` says.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::command::{command, run};
use crate::{encoders, host};

/// The small model of fast tests.
const SMALL: &str = "smollm2-135m-instruct";

#[derive(Deserialize)]
struct Family {
    #[serde(default, rename = "model")]
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(default)]
    default: bool,
}

/// The id of the model that a new workspace starts with.
pub(crate) fn default_model(root: &Path) -> Result<String> {
    let folder = root.join("data/models");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let family: Family = toml::from_str(&text).with_context(|| file.display().to_string())?;
        if let Some(model) = family.models.into_iter().find(|model| model.default) {
            return Ok(model.id);
        }
    }
    anyhow::bail!("no model in {} says `default = true`", folder.display())
}

/// Pulls the models that tests use into the cache and gives back their folder (`HUTONG_MODEL_CACHE`).
pub(crate) fn pull_for_tests(root: &Path, hutong: &Path) -> Result<PathBuf> {
    let cache = host::cache();
    let models = cache.join("models");
    std::fs::create_dir_all(&models)?;
    for id in [SMALL, &default_model(root)?] {
        let data = cache.display().to_string();
        run(command(root, &hutong.display().to_string(), &["models", "pull", id, "--data", &data])
            .env("HUTONG_MODEL_CACHE", &models))?;
    }
    encoders::make(root, &models)?;
    Ok(models)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_model_is_found_in_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let models = folder.path().join("data/models");
        std::fs::create_dir_all(&models).unwrap();
        std::fs::write(models.join("a.toml"), "[family]\nid = \"a\"\n[[model]]\nid = \"a-1b\"\n").unwrap();
        assert!(default_model(folder.path()).is_err());
        std::fs::write(
            models.join("b.toml"),
            "[[model]]\nid = \"b-1b\"\n[[model]]\nid = \"b-2b\"\ndefault = true\n",
        )
        .unwrap();
        assert_eq!(default_model(folder.path()).unwrap(), "b-2b");
    }
}
