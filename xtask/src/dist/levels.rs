//! `crates/levels/levels.toml`, as far as building needs it.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The levels, from the least to the most demanding.
#[derive(Debug, Deserialize)]
pub(crate) struct Levels {
    #[serde(rename = "level")]
    pub(crate) levels: Vec<Level>,
}

/// A kind of processor.
#[derive(Debug, Deserialize)]
pub(crate) struct Level {
    pub(crate) name: String,
    needs: Vec<String>,
    pub(crate) instruction: String,
    pub(crate) register: String,
}

impl Levels {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let path = root.join("crates/levels/levels.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }
}

impl Level {
    /// What tells the compiler to use the level's features, and no others.
    pub(crate) fn flags(&self) -> String {
        self.needs.iter().map(|need| format!("-m{need}")).collect::<Vec<_>>().join(" ")
    }

    /// True for a line of a disassembly that only this level and those above have.
    pub(crate) fn is_proven_by(&self, line: &str) -> bool {
        line.contains(&self.instruction) && line.contains(&format!("%{}", self.register))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_the_features_that_are_needed() {
        let levels = Levels::read(&crate::host::root()).unwrap().levels;
        assert_eq!(levels[0].flags(), "-mavx -mavx2 -mbmi2 -mf16c -mfma");
    }

    #[test]
    fn each_level_is_proven_by_what_none_below_proves() {
        let levels = Levels::read(&crate::host::root()).unwrap().levels;
        let line = |level: &Level| {
            format!("  3f: {}231ps %{}1,%{}2", level.instruction, level.register, level.register)
        };
        for (at, level) in levels.iter().enumerate() {
            assert!(level.is_proven_by(&line(level)), "{}", level.name);
            assert!(levels[..at].iter().all(|below| !below.is_proven_by(&line(level))), "{}", level.name);
        }
    }
}
