//! `xtask/layers.toml`: who may depend on whom and which words stay where.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layers {
    #[serde(default, rename = "layer")]
    pub(crate) layers: Vec<Layer>,
    #[serde(default)]
    pub(crate) crates: Crates,
    /// Crates of one layer that a crate of the same layer may use.
    #[serde(default)]
    pub(crate) neighbours: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) forbidden: Vec<Forbidden>,
    #[serde(default)]
    pub(crate) only: Vec<Only>,
    #[serde(default)]
    pub(crate) vendors: Vendors,
    #[serde(default)]
    pub(crate) web: Web,
    #[serde(default)]
    pub(crate) generated: Generated,
}

/// One layer; the order in the file goes from the bottom up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) crates: Vec<String>,
}

/// Crates with a special right.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Crates {
    pub(crate) development: Vec<String>,
    pub(crate) unsafe_code: Vec<String>,
    pub(crate) sql: Vec<String>,
    pub(crate) http_status: Vec<String>,
}

/// Libraries that whole layers never see.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forbidden {
    pub(crate) layers: Vec<String>,
    pub(crate) libraries: Vec<String>,
    pub(crate) reason: String,
}

/// Libraries that only some crates see.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Only {
    pub(crate) libraries: Vec<String>,
    pub(crate) crates: Vec<String>,
    pub(crate) reason: String,
}

/// Names of vendors and model families (lower case), and the folders that may say them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Vendors {
    pub(crate) names: Vec<String>,
    pub(crate) allowed: Vec<String>,
}

/// Rules of the web tree.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Web {
    pub(crate) tokens: Vec<String>,
}

/// What is made by a program and therefore not judged.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Generated {
    pub(crate) paths: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    pub(crate) folders: Vec<String>,
}

impl Layers {
    /// The height of a crate's layer from 0, or nothing for a crate that is not in the table.
    pub(crate) fn height(&self, name: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.crates.iter().any(|c| c == name))
    }

    /// True for testkit and xtask.
    pub(crate) fn is_development(&self, name: &str) -> bool {
        self.crates.development.iter().any(|c| c == name)
    }

    /// True when both are of one layer and the table lets the first use the second.
    pub(crate) fn are_neighbours(&self, user: &str, used: &str) -> bool {
        self.neighbours.get(user).is_some_and(|list| list.iter().any(|c| c == used))
    }
}

impl Generated {
    /// True for a path that is not judged.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let in_folder = |folder: &String| path.starts_with(folder) || path.contains(&format!("/{folder}"));
        self.paths.iter().any(|p| p == path)
            || self.suffixes.iter().any(|suffix| path.ends_with(suffix))
            || self.folders.iter().any(in_folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_reads_and_places_every_crate_once() {
        let layers: Layers = toml::from_str(include_str!("../../layers.toml")).unwrap();
        assert_eq!(layers.height("stdx"), Some(0));
        assert_eq!(layers.height("server"), Some(5));
        assert_eq!(layers.height("testkit"), None);
        let mut names: Vec<_> = layers.layers.iter().flat_map(|layer| &layer.crates).collect();
        names.extend(&layers.crates.development);
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "a crate stands in two layers");
        assert!(layers.vendors.names.iter().all(|name| *name == name.to_lowercase()));
    }

    #[test]
    fn generated_files_are_known_by_path_suffix_and_folder() {
        let layers: Layers = toml::from_str(include_str!("../../layers.toml")).unwrap();
        for path in
            ["docs/openapi.json", "web/src/api/schema.d.ts", "web/node_modules/a/b.ts", "a/snapshots/x.snap"]
        {
            assert!(layers.generated.covers(path), "{path}");
        }
        assert!(!layers.generated.covers("web/src/api/client.ts"));
    }
}
