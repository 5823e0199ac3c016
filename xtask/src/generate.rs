//! `x gen`: files that are made from the code and committed all the same.
//!
//! `docs/openapi.json` comes from the API's Rust types (`hutong openapi`), `web/src/api/schema.d.ts` from that file.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::command::{command, output, run};
use crate::{rust, web};

const OPENAPI: &str = "docs/openapi.json";
const SCHEMA: &str = "web/src/api/schema.d.ts";

/// What to do with a file that differs from what the code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write it.
    Write,
    /// Fail.
    Check,
}

/// Makes both files.
pub(crate) fn run_all(root: &Path, mode: Mode) -> Result<()> {
    web::packages(root)?;
    let hutong = rust::build(root)?;
    let openapi = output(&mut command(root, &hutong.display().to_string(), &["openapi"]))?;
    let folder = tempfile::tempdir()?;
    let spec = folder.path().join("openapi.json");
    let types = folder.path().join("schema.d.ts");
    std::fs::write(&spec, &openapi)?;
    let (spec, types_path) = (spec.display().to_string(), types.display().to_string());
    let arguments = ["--no-install", "openapi-typescript", &spec, "--output", &types_path];
    run(&mut command(&root.join("web"), "npx", &arguments))
        .context("openapi-typescript must be among the development packages of web/package.json")?;
    let mut differing = Vec::new();
    for (path, text) in [(OPENAPI, openapi), (SCHEMA, std::fs::read_to_string(&types)?)] {
        if !settle(&root.join(path), &text, mode)? {
            differing.push(path);
        }
    }
    if !differing.is_empty() {
        bail!("{} differ from the code: run `./x gen` and commit the result", differing.join(" and "));
    }
    Ok(())
}

/// Brings one file up to date, or says (false) that it is not.
fn settle(path: &Path, text: &str, mode: Mode) -> Result<bool> {
    let text = format!("{}\n", text.trim_end());
    if std::fs::read_to_string(path).is_ok_and(|committed| committed == text) {
        return Ok(true);
    }
    if mode == Mode::Check {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_reported_or_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docs/made.json");
        assert!(!settle(&path, "{}", Mode::Check).unwrap());
        assert!(!path.exists());
        assert!(settle(&path, "{}", Mode::Write).unwrap());
        assert!(settle(&path, "{}\n\n", Mode::Check).unwrap());
        assert!(!settle(&path, "{ }", Mode::Check).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
    }
}
