use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

static DATA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../data");

/// The folders of `data/` that the binary carries.
const EMBEDDED: [&str; 15] = [
    "models",
    "agents",
    "locales",
    "prices",
    "plans",
    "alerts",
    "exchange",
    "bills",
    "providers",
    "quality",
    "routing",
    "benchmarks",
    "tools",
    "units",
    "search",
];

/// The text files of a `data/` folder: path below it, with `/` between the parts, to text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataTree {
    files: BTreeMap<String, String>,
}

impl DataTree {
    /// The files that were in the repository when the binary was built. Files that are not UTF-8 are no text and
    /// are left out.
    pub fn embedded() -> Self {
        let mut files = BTreeMap::new();
        for folder in EMBEDDED.iter().filter_map(|name| DATA.get_dir(name)) {
            collect(folder, &mut files);
        }
        Self { files }
    }

    /// A tree of the given files.
    pub fn from_files<P: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
    }

    /// This tree with the files of `other` laid over it: same path, other text; new path, one file more.
    #[must_use]
    pub fn overlay(mut self, other: Self) -> Self {
        self.files.extend(other.files);
        self
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The files below `folder`, sorted by path: the path below the folder and the text.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files.iter().filter_map(move |(path, text)| {
            let rest = path.strip_prefix(folder)?.strip_prefix('/')?;
            Some((rest, text.as_str()))
        })
    }
}

fn collect(folder: &Dir<'_>, files: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        let parts: Option<Vec<&str>> = file.path().iter().map(|part| part.to_str()).collect();
        if let (Some(parts), Some(text)) = (parts, file.contents_utf8()) {
            files.insert(parts.join("/"), text.to_owned());
        }
    }
    for inner in folder.dirs() {
        collect(inner, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laying_over_replaces_and_adds() {
        let under = DataTree::from_files([("models/a.toml", "a"), ("models/b.toml", "b")]);
        let over = DataTree::from_files([("models/b.toml", "B"), ("agents/x/agent.toml", "x")]);
        let both = under.overlay(over);
        let models: Vec<_> = both.below("models").collect();
        assert_eq!(models, [("a.toml", "a"), ("b.toml", "B")]);
        assert_eq!(both.get("agents/x/agent.toml"), Some("x"));
    }

    #[test]
    fn a_folder_is_not_the_beginning_of_a_name() {
        let tree = DataTree::from_files([("models-old/a.toml", "a"), ("models", "b")]);
        assert_eq!(tree.below("models").count(), 0);
    }

    #[test]
    fn the_binary_carries_the_repository_s_models() {
        assert!(DataTree::embedded().get("models/qwen2.5-coder.toml").is_some());
    }
}
