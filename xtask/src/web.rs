//! The web tree: its packages, its build and its unit tests.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::command::{command, output, run, tee};
use crate::counts::Counts;
use crate::stamp::Stamp;

/// `npm ci`, skipped while the lock file and Node are the same.
pub(crate) fn packages(root: &Path) -> Result<()> {
    let web = root.join("web");
    let node = output(&mut command(root, "node", &["--version"]))?;
    let file = web.join("node_modules/.hutong-packages");
    let stamp = Stamp::new(root, &file, &["web/package.json", "web/package-lock.json"], &[&node])?;
    if stamp.is_current() {
        return Ok(());
    }
    run(&mut command(&web, "npm", &["ci", "--no-audit", "--no-fund"]))?;
    stamp.write()
}

/// Type check, lint, bundle and size budget (`npm run build`), skipped while nothing that goes in has changed.
pub(crate) fn build(root: &Path) -> Result<()> {
    packages(root)?;
    let web = root.join("web");
    let node = output(&mut command(root, "node", &["--version"]))?;
    let file = web.join("node_modules/.hutong-build");
    let stamp = Stamp::new(root, &file, &["web", "data/locales"], &[&node])?;
    if stamp.is_current() && web.join("dist/index.html").is_file() {
        return Ok(());
    }
    stamp.clear();
    run(&mut command(&web, "npm", &["run", "build"]))?;
    stamp.write()
}

/// The unit tests.
pub(crate) fn unit_tests(root: &Path) -> Result<Counts> {
    packages(root)?;
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("vitest.json");
    let output_file = format!("--outputFile.json={}", report.display());
    let arguments = ["vitest", "run", "--reporter=default", "--reporter=json", &output_file];
    let printed = tee(command(&root.join("web"), "npx", &["--no-install"]).args(arguments))?;
    let json = std::fs::read_to_string(&report).context("vitest ended without a report")?;
    let counts = Counts::of_vitest(&json)?;
    anyhow::ensure!(printed.ok || counts.failed > 0, "vitest failed outside of its tests");
    Ok(counts)
}
