//! `x test`: sets everything up and runs every test.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};

use crate::command::{command, run, tee};
use crate::counts::Counts;
use crate::postgres::{self, Cluster};
use crate::stamp::Stamp;
use crate::steps::Steps;
use crate::{host, models, rust, web};

/// Every test; the last line of the output is the sum.
pub(crate) fn run_all(root: &Path) -> ExitCode {
    let mut steps = Steps::default();
    add(root, &mut steps);
    close(&steps)
}

/// Adds the steps of `x test` to a row.
pub(crate) fn add(root: &Path, steps: &mut Steps) {
    // The page goes into the binary, so it is built first.
    steps.step("web build", || web::build(root));
    steps.suite("web tests", || web::unit_tests(root));
    let mut hutong = None;
    steps.step("build", || {
        hutong = Some(rust::build(root)?);
        Ok(())
    });
    let mut cache = host::cache().join("models");
    if let Some(hutong) = &hutong {
        steps.step("test models", || {
            cache = models::pull_for_tests(root, hutong)?;
            Ok(())
        });
    }
    let mut cluster = None;
    steps.step("postgres", || {
        cluster = Some(Cluster::start()?);
        Ok(())
    });
    let with_postgres = |mut command: Command| {
        if let Some(cluster) = &cluster {
            command.env(postgres::URL, cluster.url());
        }
        command
    };
    steps.suite("rust tests", || rust::tests(with_postgres(rust::test_command(root, &cache))));
    steps.suite("doc tests", || rust::doc_tests(root));
    if let Some(hutong) = &hutong {
        let against_the_binary = |mut command: Command| {
            command.env("HUTONG_BIN", hutong).env("HUTONG_MODEL_CACHE", &cache);
            counted(&mut with_postgres(command))
        };
        for (name, file) in BROWSER {
            steps.suite(name, || against_the_binary(command(root, "node", &[file])));
        }
        for folder in OUTSIDE {
            for name in outside_tests(root, folder) {
                let test = || against_the_binary(outside_test(root, folder, &name)?);
                steps.suite(&format!("{folder}/{name}"), test);
            }
        }
    }
}

/// Prints the table and, last, the sum.
pub(crate) fn close(steps: &Steps) -> ExitCode {
    println!("\n{}\n{}", steps.table(), steps.counts());
    if steps.all_went_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a suite that ends with `N passed, N failed`.
fn counted(command: &mut Command) -> Result<Counts> {
    let printed = tee(command)?;
    let counts =
        Counts::of_closing_line(&printed.text).context("the suite ended without `N passed, N failed`")?;
    ensure!(printed.ok || counts.failed > 0, "the suite failed outside of its tests");
    Ok(counts)
}

/// Walks in a browser: the whole of the product, the money of one member, and the page's finer points.
const BROWSER: [(&str, &str); 3] = [
    ("browser tests", "web/e2e/run.mjs"),
    ("money tests", "web/e2e/money.mjs"),
    ("page tests", "web/e2e/smoke.mjs"),
];

/// Where programs lie that test the binary from outside.
const OUTSIDE: [&str; 3] = ["tests/sdk", "tests/clients", "tests/faults"];

/// The programs in a folder: `*.py` and `*.mjs`.
fn outside_tests(root: &Path, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.retain(|name| name.ends_with(".py") || name.ends_with(".mjs"));
    names.sort();
    names
}

/// One of them, with the packages that `requirements.txt` or `package-lock.json` beside it names.
fn outside_test(root: &Path, folder: &str, name: &str) -> Result<Command> {
    let folder = root.join(folder);
    if name.ends_with(".py") { python(root, &folder, name) } else { node(root, &folder, name) }
}

/// Python packages go into a folder of the cache: no environment to make, nothing of the system touched. Programs whose
/// packages do not go together with those of their neighbours have a list of their own.
fn python(root: &Path, folder: &Path, name: &str) -> Result<Command> {
    let mut test = command(folder, "python3", &[name]);
    let own = name.replace(".py", ".requirements.txt");
    let Some(list) = [own.as_str(), "requirements.txt"].into_iter().find(|list| folder.join(list).is_file())
    else {
        return Ok(test);
    };
    let list = folder.join(list);
    let inputs = [&*list.strip_prefix(root)?.to_string_lossy()];
    let stamp = Stamp::new(root, Path::new(""), &inputs, &["python3"])?;
    let packages = host::cache().join(format!("python-{}", stamp.short()));
    let done = Stamp::new(root, &packages.join(".hutong-packages"), &inputs, &["python3"])?;
    if !done.is_current() {
        let [target, list] = [&packages, &list].map(|path| path.display().to_string());
        let arguments = ["-m", "pip", "install", "--quiet", "--upgrade", "--target", &target, "-r", &list];
        run(&mut command(folder, "python3", &arguments))?;
        done.write()?;
    }
    test.env("PYTHONPATH", packages);
    Ok(test)
}

fn node(root: &Path, folder: &Path, name: &str) -> Result<Command> {
    if folder.join("package-lock.json").is_file() {
        let file = folder.join("node_modules/.hutong-packages");
        let stamp = Stamp::new(root, &file, &["tests/sdk/package.json", "tests/sdk/package-lock.json"], &[])?;
        if !stamp.is_current() {
            run(&mut command(folder, "npm", &["ci", "--no-audit", "--no-fund"]))?;
            stamp.write()?;
        }
    }
    Ok(command(folder, "node", &[name]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_judged_by_its_closing_line_and_its_exit_code() {
        let suite = |script: &str| counted(&mut command(Path::new("/"), "sh", &["-c", script]));
        assert_eq!(suite("echo 3 passed, 0 failed").unwrap(), Counts { passed: 3, failed: 0 });
        assert_eq!(suite("echo 3 passed, 1 failed; exit 1").unwrap(), Counts { passed: 3, failed: 1 });
        assert!(suite("echo 3 passed, 0 failed; exit 1").is_err());
        assert!(suite("echo fine").is_err());
    }

    #[test]
    fn outside_tests_are_found_by_their_ending() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("tests/sdk");
        assert!(outside_tests(root.path(), "tests/sdk").is_empty());
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["b.mjs", "a.py", "README.md"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        assert_eq!(outside_tests(root.path(), "tests/sdk"), ["a.py", "b.mjs"]);
    }
}
