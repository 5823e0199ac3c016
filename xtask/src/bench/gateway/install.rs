//! Gets the gateways of others from their registries, once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::workload::{Package, Registry};
use crate::command::run;
use crate::host;

/// Where they are.
pub(super) fn folder() -> PathBuf {
    host::cache().join("bench/gateways")
}

/// Installs a package into a folder of its own, unless this very version is there.
pub(super) fn install(package: &Package) -> Result<()> {
    let home = folder().join(&package.name);
    if installed(package, &home).as_ref() == Some(&package.version) {
        return Ok(());
    }
    std::fs::create_dir_all(&home)?;
    match package.registry {
        Registry::Pypi => from_pypi(package, &home)?,
        Registry::Npm => from_npm(package, &home)?,
    }
    let found = installed(package, &home);
    ensure!(
        found.as_ref() == Some(&package.version),
        "{} {} was to be installed in {}, and {} is there",
        package.name,
        package.version,
        home.display(),
        found.as_deref().unwrap_or("nothing"),
    );
    Ok(())
}

/// The version that is there.
fn installed(package: &Package, home: &Path) -> Option<String> {
    match package.registry {
        Registry::Pypi => {
            let script = format!("import importlib.metadata as m; print(m.version('{}'))", package.name);
            let output = Command::new(home.join("bin/python")).args(["-c", &script]).output().ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Registry::Npm => {
            let name = npm_name(&package.wanted);
            let manifest = std::fs::read(home.join("node_modules").join(name).join("package.json")).ok()?;
            let manifest: Value = serde_json::from_slice(&manifest).ok()?;
            manifest.get("version").and_then(Value::as_str).map(str::to_owned)
        }
    }
}

/// Into an environment of Python, with the one installer that takes overrides.
fn from_pypi(package: &Package, home: &Path) -> Result<()> {
    let tools = folder().join("tools");
    let uv = tools.join("bin/uv");
    if !uv.is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&tools))?;
        run(Command::new(tools.join("bin/python")).args(["-m", "pip", "install", "--quiet", "uv"]))?;
    }
    let python = home.join("bin/python");
    if !python.is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(home))?;
    }
    let overrides = home.join("overrides.txt");
    let lines = package.overrides.iter().map(|(name, version)| format!("{name}=={version}\n"));
    std::fs::write(&overrides, lines.collect::<String>())?;
    let mut install = Command::new(&uv);
    install.args(["pip", "install", "--quiet", "--python"]).arg(&python);
    run(install.arg("--override").arg(&overrides).arg(&package.wanted))
}

fn from_npm(package: &Package, home: &Path) -> Result<()> {
    let manifest = json!({"private": true, "overrides": package.overrides});
    std::fs::write(home.join("package.json"), manifest.to_string())?;
    let words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"];
    run(Command::new("npm").args(words).arg(&package.wanted).current_dir(home)).context("npm is needed")
}

/// The name in `@scope/name@version`.
fn npm_name(wanted: &str) -> &str {
    match wanted.rfind('@') {
        Some(at) if at > 0 => wanted.get(..at).unwrap_or(wanted),
        _ => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_version() {
        assert_eq!(npm_name("@lane/gate@1.2.3"), "@lane/gate");
        assert_eq!(npm_name("@lane/gate"), "@lane/gate");
        assert_eq!(npm_name("gate@1.2.3"), "gate");
    }

    #[test]
    fn a_version_is_found_where_it_is() {
        let home = tempfile::tempdir().unwrap();
        let package = Package {
            registry: Registry::Npm,
            name: "gate".to_owned(),
            version: "1.2.3".to_owned(),
            wanted: "@lane/gate@1.2.3".to_owned(),
            overrides: std::collections::BTreeMap::new(),
        };
        assert_eq!(installed(&package, home.path()), None);
        let folder = home.path().join("node_modules/@lane/gate");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("package.json"), r#"{"version": "1.2.2"}"#).unwrap();
        assert_eq!(installed(&package, home.path()).as_deref(), Some("1.2.2"));
    }
}
