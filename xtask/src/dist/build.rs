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
/// The linker is called through this: the compiler's own folder comes before those of `LIBRARY_PATH`, but not before these.
const LINKER: &str = r#"#!/bin/sh
exec cc -L "$HUTONG_LIBRARIES" "$@"
"#;
/// Libraries of the compiler that not every machine has, or has in another version: they go into the program.
const LINKED_IN: [&str; 2] = ["libgomp.a", "libstdc++.a"];

/// The folders and settings that all builds share.
pub(crate) struct Workshop<'a> {
    root: &'a Path,
    folder: &'a Path,
    libraries: PathBuf,
    launcher: PathBuf,
    linker: PathBuf,
}

impl<'a> Workshop<'a> {
    /// Prepares `folder`.
    pub(crate) fn open(root: &'a Path, folder: &'a Path) -> Result<Self> {
        let workshop = Self {
            root,
            folder,
            libraries: folder.join("libraries"),
            launcher: folder.join("launch-compiler"),
            linker: folder.join("launch-linker"),
        };
        write_program(&workshop.launcher, LAUNCHER)?;
        write_program(&workshop.linker, LINKER)?;
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
        if cfg!(target_os = "linux") {
            // Looked through before the compiler's folders, where the same libraries lie to be linked at run time.
            let processor = std::env::consts::ARCH.to_uppercase();
            cargo.env(format!("CARGO_TARGET_{processor}_UNKNOWN_LINUX_GNU_LINKER"), &self.linker);
            cargo.env("HUTONG_LIBRARIES", &self.libraries);
        }
        cargo
    }
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_library_lies_in_a_program_that_is_linked_through_the_linker() {
        let folder = tempfile::tempdir().unwrap();
        let workshop = Workshop::open(folder.path(), folder.path()).unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::write(
            at("x.c"),
            "int omp_get_max_threads(void); int main(void) { return omp_get_max_threads() < 1; }",
        )
        .unwrap();
        let linker = workshop.linker.display().to_string();
        let mut link = command(folder.path(), &linker, &["-o", &at("x"), &at("x.c"), "-lgomp", "-lpthread"]);
        run(link.env("HUTONG_LIBRARIES", &workshop.libraries)).unwrap();
        run(&mut command(folder.path(), &at("x"), &[])).unwrap();
        let program = super::super::Program::read(Path::new(&at("x"))).unwrap();
        assert!(
            !program.libraries.iter().any(|library| library.starts_with("libgomp")),
            "{:?}",
            program.libraries
        );
    }

    #[test]
    fn everything_else_is_compiled_as_it_is() {
        let words = ["cc", "-I/x/ggml-cpu", "-o", "CMakeFiles/ggml-base.dir/ggml.c.o", "-c", "ggml.c"];
        assert_eq!(launched(&words), format!("cached {}", words.join(" ")));
    }
}
