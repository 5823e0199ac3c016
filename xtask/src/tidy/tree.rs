//! The files that tidy looks at, read once into memory.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::layers::Generated;
use super::lex::{Language, Masked};

/// Every source file of the checkout, generated ones left out.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

/// One file: its path from the root with forward slashes, its text, and the text taken apart.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) language: Option<Language>,
    pub(crate) masked: Masked,
}

impl Tree {
    /// Reads what git tracks and what it would track; ignored files never count.
    pub(crate) fn read(root: &Path, generated: &Generated) -> Result<Self> {
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("tidy asks git for the list of files")?;
        if !listing.status.success() {
            bail!("git ls-files failed: {}", String::from_utf8_lossy(&listing.stderr).trim());
        }
        let mut tree = Self::default();
        for path in String::from_utf8_lossy(&listing.stdout).split('\0') {
            if !is_source(path) || generated.covers(path) {
                continue;
            }
            // A file that is deleted but not yet committed is still listed.
            if let Ok(text) = std::fs::read_to_string(root.join(path)) {
                tree.add(path, text);
            }
        }
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.files.dedup_by(|a, b| a.path == b.path);
        Ok(tree)
    }

    /// Adds one file.
    pub(crate) fn add(&mut self, path: &str, text: impl Into<String>) {
        let text = text.into();
        let language = Language::of(path);
        let masked = language.map_or_else(Masked::default, |language| Masked::of(&text, language));
        self.files.push(File { path: path.to_owned(), text, language, masked });
    }

    /// The file at exactly this path.
    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// All files in one language.
    pub(crate) fn in_language(&self, language: Language) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.language == Some(language))
    }
}

impl File {
    /// Number of lines, blank ones too.
    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// The workspace crate that the file belongs to.
    pub(crate) fn crate_name(&self) -> Option<&str> {
        let mut folders = self.path.split('/');
        match folders.next()? {
            "crates" => folders.next(),
            "xtask" => Some("xtask"),
            _ => None,
        }
    }
}

fn is_source(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("rs" | "ts" | "tsx" | "css" | "toml" | "md"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_knows_its_crate() {
        let mut tree = Tree::default();
        tree.add("crates/store/src/db.rs", "");
        tree.add("xtask/src/main.rs", "");
        tree.add("web/src/main.tsx", "");
        let names: Vec<_> = tree.files.iter().map(File::crate_name).collect();
        assert_eq!(names, [Some("store"), Some("xtask"), None]);
    }

    #[test]
    fn a_checkout_is_read_without_ignored_and_generated_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (path, text) in [
            (".gitignore", "/target\n"),
            ("src/kept.rs", "fn kept() {}\n"),
            ("target/built.rs", "fn built() {}\n"),
            ("docs/made.d.ts", "export {}\n"),
            ("picture.bin", "\0"),
        ] {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        assert!(Command::new("git").args(["init", "-q"]).current_dir(root).status().unwrap().success());
        let generated = Generated { suffixes: vec![".d.ts".into()], ..Generated::default() };
        let tree = Tree::read(root, &generated).unwrap();
        let paths: Vec<_> = tree.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["src/kept.rs"]);
    }
}
