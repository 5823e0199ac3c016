//! The tree together with what was learned about its Rust files; every rule reads this.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;

use anyhow::Result;

use super::finding::Finding;
use super::layers::Layers;
use super::lex::Language;
use super::shape::Shape;
use super::tree::{File, Tree};

/// What the rules look at.
pub(crate) struct Checkout {
    pub(crate) layers: Layers,
    pub(crate) tree: Tree,
    shapes: BTreeMap<String, Shape>,
    /// Files that hold nothing but tests or what tests need.
    test_files: BTreeSet<String>,
}

impl Checkout {
    /// Parses every Rust file; one that cannot be parsed is a finding.
    pub(crate) fn new(tree: Tree, layers: Layers) -> (Self, Vec<Finding>) {
        let (mut shapes, mut test_modules, mut findings) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (file, shape) in parse(&tree) {
            match shape {
                Ok(shape) => {
                    test_modules
                        .extend(shape.test_modules.iter().flat_map(|name| module_paths(&file.path, name)));
                    shapes.insert(file.path.clone(), shape);
                }
                Err(error) => {
                    let message = format!("this is not Rust ({error:#}), mend it");
                    findings.push(Finding::hard("parse", &file.path, 0, message));
                }
            }
        }
        let is_test_module = |path: &str| {
            test_modules
                .iter()
                .any(|module| path == module || (module.ends_with('/') && path.starts_with(module)))
        };
        let test_files = tree.files.iter().filter(|file| is_test_by_name(file) || is_test_module(&file.path));
        let test_files = test_files.map(|file| file.path.clone()).collect();
        (Self { layers, tree, shapes, test_files }, findings)
    }

    /// Rust files with their shapes.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&File, &Shape)> {
        self.tree.in_language(Language::Rust).filter_map(|file| Some((file, self.shapes.get(&file.path)?)))
    }

    /// True for a file that holds nothing but tests or what tests need.
    pub(crate) fn is_test_file(&self, file: &File) -> bool {
        self.test_files.contains(&file.path)
    }

    /// True for a line of production code: not in a test file and not below `#[cfg(test)]`.
    pub(crate) fn is_production_line(&self, file: &File, line: usize) -> bool {
        !self.is_test_file(file) && !self.shapes.get(&file.path).is_some_and(|shape| shape.is_test_line(line))
    }
}

/// The shape of every Rust file, parsed on all cores.
fn parse(tree: &Tree) -> Vec<(&File, Result<Shape>)> {
    let files: Vec<&File> = tree.in_language(Language::Rust).collect();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    // Small parts, dealt out in turn: a large file then delays one thread by itself only.
    let part = |core: usize| {
        files.iter().skip(core).step_by(cores).map(|file| (*file, Shape::of(&file.text))).collect()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(move || part(core))).collect();
        let parts = threads.into_iter().map(|thread| -> Vec<_> {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        parts.flatten().collect()
    })
}

/// Tests and test tools by where they lie and what they are called.
fn is_test_by_name(file: &File) -> bool {
    let path = file.path.as_str();
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_test_folder = ["/tests/", "/benches/", "/examples/", "/e2e/", "/mock-api/", "/__tests__/"]
        .iter()
        .any(|folder| path.contains(folder));
    in_test_folder
        || path.starts_with("tests/")
        || name.contains(".test.")
        || name.contains(".spec.")
        || file.crate_name() == Some("testkit")
}

/// Where `mod name;` in `path` may lie.
fn module_paths(path: &str, name: &str) -> [String; 2] {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.trim_end_matches(".rs");
    let base = match stem {
        "lib" | "main" | "mod" => folder.to_owned(),
        _ => format!("{folder}/{stem}"),
    };
    [format!("{base}/{name}.rs"), format!("{base}/{name}/")]
}

#[cfg(test)]
pub(crate) fn checkout(files: &[(&str, &str)]) -> Checkout {
    let mut tree = Tree::default();
    for (path, text) in files {
        tree.add(path, *text);
    }
    let layers = toml::from_str(include_str!("../../layers.toml")).unwrap();
    let (checkout, findings) = Checkout::new(tree, layers);
    assert!(findings.is_empty(), "{findings:?}");
    checkout
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_folder_name_and_declaration() {
        let checkout = checkout(&[
            ("crates/a/src/lib.rs", "#[cfg(test)]\nmod suite;\nmod real;\n"),
            ("crates/a/src/suite.rs", ""),
            ("crates/a/src/suite/more.rs", ""),
            ("crates/a/src/real.rs", "#[cfg(test)]\nmod tests;\n"),
            ("crates/a/src/real/tests.rs", ""),
            ("crates/a/tests/story.rs", ""),
            ("crates/testkit/src/lib.rs", ""),
            ("web/src/lib/time.test.ts", ""),
            ("web/src/lib/time.ts", ""),
        ]);
        let production: Vec<_> = checkout
            .tree
            .files
            .iter()
            .filter(|file| !checkout.is_test_file(file))
            .map(|file| file.path.as_str())
            .collect();
        assert_eq!(production, ["crates/a/src/lib.rs", "crates/a/src/real.rs", "web/src/lib/time.ts"]);
    }

    #[test]
    fn a_line_below_cfg_test_is_not_production() {
        let checkout = checkout(&[("crates/a/src/lib.rs", "fn a() {}\n#[cfg(test)]\nmod tests {}\n")]);
        let file = checkout.tree.get("crates/a/src/lib.rs").unwrap();
        assert!(checkout.is_production_line(file, 1));
        assert!(!checkout.is_production_line(file, 3));
    }

    #[test]
    fn a_broken_file_is_a_finding() {
        let mut tree = Tree::default();
        tree.add("crates/a/src/lib.rs", "fn {");
        let (_, findings) = Checkout::new(tree, Layers::default());
        assert_eq!(findings.iter().map(|f| f.rule).collect::<Vec<_>>(), ["parse"]);
    }
}
