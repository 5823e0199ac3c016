//! Where things are: the data folder and what lies in it. The only file that reads environment variables beside
//! those of the command line.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folder with everything Hutong keeps.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DataDir {
    /// The folder with everything Hutong keeps [default: $XDG_DATA_HOME/hutong]
    #[arg(long = "data", env = "HUTONG_DATA", value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

/// The paths below the data folder.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    root: PathBuf,
}

impl DataDir {
    /// The paths, without touching the disk.
    pub(crate) fn paths(&self) -> anyhow::Result<Paths> {
        let root = match &self.data {
            Some(dir) => {
                std::path::absolute(dir).context("the data folder's path cannot be made absolute")?
            }
            None => default_root()
                .context("no data folder: set --data, HUTONG_DATA or HOME to say where things are kept")?,
        };
        Ok(Paths { root })
    }
}

impl Paths {
    /// Makes the data folder, for its owner alone.
    pub(crate) fn make(&self) -> anyhow::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.root)
            .with_context(|| format!("the data folder {} cannot be made", self.root.display()))
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("hutong.db")
    }

    pub(crate) fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// Registered adapters, a folder for each.
    pub(crate) fn adapters(&self) -> PathBuf {
        self.root.join("adapters")
    }

    /// Computed prompts, a folder for each model. Can be removed at any time.
    pub(crate) fn prefixes(&self) -> PathBuf {
        self.root.join("cache/prefixes")
    }

    /// Which way of computing is fastest, by model and processor, with the workers of a level or the program's own.
    pub(crate) fn calibration(&self, level: Option<&str>) -> PathBuf {
        let name =
            level.map_or_else(|| "calibration.json".to_owned(), |level| format!("calibration-{level}.json"));
        self.root.join("cache").join(name)
    }

    /// Unpacked workers. Can be removed at any time.
    pub(crate) fn workers(&self) -> PathBuf {
        self.root.join("cache/workers")
    }

    /// Files that lie over the embedded `data/`.
    pub(crate) fn overlay(&self) -> PathBuf {
        self.root.join("overlay")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("hutong.toml")
    }

    /// What secrets in the database are encrypted with.
    pub(crate) fn seal_key(&self) -> PathBuf {
        self.root.join("secrets.key")
    }

    /// Held by the server that runs on this folder.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("server.lock")
    }

    /// Where the running server can be reached, and the token for it.
    pub(crate) fn server(&self) -> PathBuf {
        self.root.join("server.json")
    }
}

/// Folders in which verified model files may already lie.
pub(crate) fn model_caches() -> Vec<PathBuf> {
    variable("HUTONG_MODEL_CACHE").map(|paths| std::env::split_paths(&paths).collect()).unwrap_or_default()
}

/// The language of the machine, from the usual variables.
pub(crate) fn machine_locale() -> agent::Locale {
    let tag = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty())
        .and_then(|value| value.into_string().ok())
        .unwrap_or_default();
    agent::Locale::from_tag(&tag)
}

/// How far the machine's clocks are ahead of UTC at an instant.
pub(crate) fn machine_offset_minutes(now: stdx::Timestamp) -> i32 {
    let zone = jiff::tz::TimeZone::system();
    zone.to_offset(now.into()).seconds() / 60
}

/// A variable of the environment that is named in data or by the operator: where a key is.
pub(crate) fn key_variable(name: &str) -> Option<String> {
    variable(name)?.into_string().ok()
}

/// True when a browser could be opened here.
pub(crate) fn has_desktop() -> bool {
    cfg!(target_os = "macos") || variable("DISPLAY").is_some() || variable("WAYLAND_DISPLAY").is_some()
}

fn default_root() -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|share| share.join("hutong"))
}

#[expect(clippy::disallowed_methods, reason = "configuration is read here, once")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
