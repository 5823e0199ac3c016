//! Building and testing the Rust workspace.
//!
//! The model library is rebuilt (a quarter of an hour) whenever the features of what it is built with change. Cargo unites
//! features over the packages that are selected, so everything in the development profile selects the whole workspace
//! with all targets, and only `x up` and the benches, which use the release profile, select the server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::command::{command, run, tee};
use crate::counts::Counts;
use crate::host;

/// Builds everything, tests too, and gives back the development binary.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    run(&mut command(root, "cargo", &["build", "--workspace", "--all-targets", "--locked"]))?;
    Ok(host::target().join("debug/hutong"))
}

/// Builds the server for use and gives back the binary.
pub(crate) fn build_release(root: &Path) -> Result<PathBuf> {
    run(&mut command(root, "cargo", &["build", "--release", "--locked", "--package", "server"]))?;
    Ok(host::target().join("release/hutong"))
}

/// What runs every test of the workspace but those in documentation.
pub(crate) fn test_command(root: &Path, models: &Path) -> Command {
    let arguments: &[&str] = if has_nextest() {
        let profile = if host::is_ci() { "ci" } else { "default" };
        &[
            "nextest",
            "run",
            "--workspace",
            "--all-targets",
            "--locked",
            "--no-fail-fast",
            "--profile",
            profile,
        ]
    } else {
        // Binaries one after the other and two tests at a time: models that are loaded at once would not fit.
        &["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast", "--", "--test-threads=2"]
    };
    let mut tests = command(root, "cargo", arguments);
    tests.env("HUTONG_MODEL_CACHE", models);
    tests
}

/// Runs it and counts.
pub(crate) fn tests(mut tests: Command) -> Result<Counts> {
    let printed = tee(&mut tests)?;
    let counts =
        if has_nextest() { Counts::of_nextest(&printed.text) } else { Counts::of_cargo_test(&printed.text) };
    let counts = counts.context("the tests could not be built or started")?;
    ensure!(printed.ok || counts.failed > 0, "the test runner failed outside of its tests");
    Ok(counts)
}

fn has_nextest() -> bool {
    host::find_program("cargo-nextest").is_some()
}

/// The examples in documentation. Cargo unites other features for them than for the rest; without the crates on the
/// model library, none of which has examples, that costs a minute and not ten.
pub(crate) fn doc_tests(root: &Path) -> Result<Counts> {
    let without = ["--exclude", "engine", "--exclude", "server"];
    let arguments = ["test", "--workspace", "--doc", "--locked", "--no-fail-fast"];
    let arguments: Vec<&str> = arguments.into_iter().chain(without).collect();
    let printed = tee(&mut command(root, "cargo", &arguments))?;
    let counts = Counts::of_cargo_test(&printed.text).context("the examples could not be built")?;
    ensure!(printed.ok || counts.failed > 0, "cargo failed outside of the examples");
    Ok(counts)
}
