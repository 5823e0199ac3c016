//! Building the same sources for one level after the other.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::levels::Level;
use super::pack;
use crate::command::{command, output, run};
use crate::host;

/// The compiler of C and C++ is called through this. The kernels of the model library are one target of its build, and all
/// that differs from level to level: with a compiler cache everything else is compiled once.
const LAUNCHER: &str = r#"#!/bin/sh
for word in "$@"; do
    case "$word" in
    CMakeFiles/ggml-cpu.dir/*.o) exec $HUTONG_INNER_LAUNCHER "$@" $HUTONG_KERNEL_FLAGS ;;
    esac
done
exec $HUTONG_INNER_LAUNCHER "$@"
"#;
/// Libraries of the compiler that not every machine has, or has in another version: they go into the program.
const LINKED_IN: [&str; 2] = ["libgomp.a", "libstdc++.a"];

/// The folders and settings that all builds share.
pub(crate) struct Workshop<'a> {
    root: &'a Path,
    folder: &'a Path,
    libraries: PathBuf,
    launcher: PathBuf,
}

impl<'a> Workshop<'a> {
    /// Prepares `folder`.
    pub(crate) fn open(root: &'a Path, folder: &'a Path) -> Result<Self> {
        let workshop = Self {
            root,
            folder,
            libraries: folder.join("libraries"),
            launcher: folder.join("launch-compiler"),
        };
        fs::write(&workshop.launcher, LAUNCHER)?;
        fs::set_permissions(&workshop.launcher, fs::Permissions::from_mode(0o755))?;
        pack::make_empty(&workshop.libraries)?;
        if cfg!(target_os = "linux") {
            for name in LINKED_IN {
                let asked = format!("-print-file-name={name}");
                let found = PathBuf::from(output(&mut command(root, "cc", &[&asked]))?.trim());
                ensure!(found.is_absolute(), "the compiler has no {name}");
                symlink(found, workshop.libraries.join(name))?;
            }
        }
        Ok(workshop)
    }

    /// The worker for a level.
    pub(crate) fn worker(&self, level: &Level) -> Result<PathBuf> {
        let mut cargo = self.cargo(&level.name, "hutong-engine-worker");
        run(cargo.env("HUTONG_KERNEL_FLAGS", level.flags()))
            .with_context(|| format!("the worker for the level {}", level.name))?;
        Ok(self.folder.join(&level.name).join("release/hutong-engine-worker"))
    }

    /// The program itself, with what lies in `workers`.
    pub(crate) fn server(&self, workers: &Path) -> Result<PathBuf> {
        run(self.cargo("baseline", "hutong").env("HUTONG_WORKERS", workers))?;
        Ok(self.folder.join("baseline/release/hutong"))
    }

    /// Both packages are always selected: so cargo unites the same features for all builds, and the compiler cache sees
    /// the same paths.
    fn cargo(&self, level: &str, program: &str) -> Command {
        let arguments = ["build", "--release", "--locked", "--package", "engine", "--package", "server"];
        let mut cargo = command(self.root, "cargo", &arguments);
        cargo.args(["--no-default-features", "--bin", program]);
        cargo.env("CARGO_TARGET_DIR", self.folder.join(level));
        for language in ["C", "CXX"] {
            let variable = format!("CMAKE_{language}_COMPILER_LAUNCHER");
            cargo.env("HUTONG_INNER_LAUNCHER", host::variable(&variable).unwrap_or_default());
            cargo.env(variable, &self.launcher);
        }
        cargo.env("HUTONG_KERNEL_FLAGS", "");
        // Looked through before the system's folders, where the same libraries lie to be linked at run time.
        cargo.env("LIBRARY_PATH", &self.libraries);
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the launcher makes of a compiler's command line.
    fn launched(words: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let launcher = folder.path().join("launch");
        fs::write(&launcher, LAUNCHER).unwrap();
        let launcher = launcher.display().to_string();
        let mut command = command(folder.path(), "sh", &[&launcher]);
        command
            .args(words)
            .env("HUTONG_INNER_LAUNCHER", "echo cached")
            .env("HUTONG_KERNEL_FLAGS", "-mavx -mfma");
        output(&mut command).unwrap().trim().to_owned()
    }

    #[test]
    fn kernels_get_the_flags_of_their_level() {
        let object = "CMakeFiles/ggml-cpu.dir/ggml-cpu/ops.cpp.o";
        assert_eq!(
            launched(&["c++", "-o", object, "-c", "/a b/ops.cpp"]),
            format!("cached c++ -o {object} -c /a b/ops.cpp -mavx -mfma")
        );
    }

    #[test]
    fn everything_else_is_compiled_as_it_is() {
        let words = ["cc", "-I/x/ggml-cpu", "-o", "CMakeFiles/ggml-base.dir/ggml.c.o", "-c", "ggml.c"];
        assert_eq!(launched(&words), format!("cached {}", words.join(" ")));
    }
}
