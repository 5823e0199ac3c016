//! Budgets, layers and absences: the rules of the house, checked.
//!
//! To add a rule, write a function from [`checkout::Checkout`] to findings in the module that it belongs to (or in a new
//! one), name it in [`all`], and give it a test with a text that breaks it and one that does not. Names of crates,
//! libraries, folders and vendors belong into `xtask/layers.toml`.

mod allow;
mod budgets;
mod checkout;
mod comments;
mod dependencies;
mod finding;
mod layers;
mod lex;
mod shape;
mod tree;
mod web;
mod words;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use self::allow::AllowList;
use self::checkout::Checkout;
use self::finding::Finding;
use self::layers::Layers;
use self::tree::Tree;

/// Checks the checkout at `root` and prints what it finds; a hard finding is an error.
pub(crate) fn run(root: &Path) -> Result<()> {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).with_context(|| path.to_owned());
    let layers: Layers =
        toml::from_str(&read("xtask/layers.toml")?).context("xtask/layers.toml cannot be read")?;
    let list = AllowList::parse(&read(allow::PATH)?)?;
    let tree = Tree::read(root, &layers.generated)?;
    let (checkout, broken) = Checkout::new(tree, layers);

    let mut findings = all(&checkout);
    findings.extend(broken);
    let mut findings = list.apply(findings);
    for revision in ["HEAD", "HEAD^1"] {
        if let Some(older) = committed(root, revision) {
            findings.extend(list.growth_since(&AllowList::parse(&older)?, revision));
        }
    }
    findings.sort();
    findings.dedup();
    for finding in &findings {
        println!("{finding}");
    }
    summary(&checkout, &findings)
}

/// The findings of every rule.
fn all(checkout: &Checkout) -> Vec<Finding> {
    [budgets::check, dependencies::check, words::check, comments::check, web::check]
        .iter()
        .flat_map(|rule| rule(checkout))
        .collect()
}

/// The allow-list as it was in a revision. A revision that is not there (a shallow clone, the first commit) and one that
/// had no list yet have nothing to compare with.
fn committed(root: &Path, revision: &str) -> Option<String> {
    let object = format!("{revision}:{}", allow::PATH);
    let output = Command::new("git").args(["show", &object]).current_dir(root).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn summary(checkout: &Checkout, findings: &[Finding]) -> Result<()> {
    let errors = findings.iter().filter(|finding| finding.hard).count();
    let warnings = findings.len() - errors;
    let ratio = budgets::TestRatio::of(checkout);
    let tenths = ratio.tenths();
    println!(
        "tidy: {} files, crate depth {}, {} tests for {} production lines ({}.{} per 1,000), {warnings} warnings, {errors} errors",
        checkout.tree.files.len(),
        dependencies::depth(checkout),
        ratio.tests,
        ratio.production_lines,
        tenths / 10,
        tenths % 10,
    );
    if errors > 0 {
        bail!("tidy found {errors} things to mend");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{command, output};

    /// A repository with the committed table, a map and one long function, that one allowed as given.
    struct House(tempfile::TempDir);

    impl House {
        fn new(allowed: &str) -> Self {
            let house = Self(tempfile::tempdir().unwrap());
            house.git(&["init", "-q"]);
            house.write("xtask/layers.toml", include_str!("../layers.toml"));
            house.write("ARCHITECTURE.md", "# Map\n");
            house.write("crates/app/src/long.rs", &format!("fn long() {{\n{}}}\n", "    a();\n".repeat(110)));
            house.commit(allowed);
            house
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        fn commit(&self, allowed: &str) {
            self.write(allow::PATH, allowed);
            self.git(&["add", "-A"]);
            let author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
            self.git(&[&author[..], &["commit", "-q", "--allow-empty", "-m", "a"]].concat());
        }

        fn git(&self, arguments: &[&str]) {
            output(&mut command(self.0.path(), "git", arguments)).unwrap();
        }

        fn errors(&self) -> Option<String> {
            run(self.0.path()).err().map(|error| error.to_string())
        }
    }

    const ALLOWED: &str = "[[allow]]\nrule = \"function-lines\"\npath = \"crates/app/src/long.rs\"\nvalue = 112\nreason = \"old\"\n";

    #[test]
    fn a_house_in_order_passes() {
        let house = House::new("");
        assert_eq!(house.errors().unwrap(), "tidy found 1 things to mend");
        house.write("crates/app/src/long.rs", "fn short() {}\n");
        assert_eq!(house.errors(), None);
    }

    #[test]
    fn what_was_allowed_before_stays_allowed() {
        let house = House::new(ALLOWED);
        house.commit(ALLOWED);
        assert_eq!(house.errors(), None);
    }

    #[test]
    fn a_new_allowance_fails_before_and_after_its_commit() {
        let house = House::new("");
        house.write(allow::PATH, ALLOWED);
        assert_eq!(house.errors().unwrap(), "tidy found 1 things to mend");
        house.commit(ALLOWED);
        assert_eq!(house.errors().unwrap(), "tidy found 1 things to mend");
    }
}
