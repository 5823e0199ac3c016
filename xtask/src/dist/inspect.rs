//! What a finished program is made of and what it needs, asked of `objdump`: nothing here runs the program, so a machine
//! builds levels that it does not have.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use super::levels::{Level, Levels};
use crate::command::{command, output};

/// What every Linux with glibc has: the C library's own parts, and the unwinder.
const EVERYWHERE: [&str; 5] = ["ld-linux", "libc.so.6", "libgcc_s.so.1", "libm.so.6", "libmvec.so.1"];

/// A finished program.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    pub(crate) bytes: u64,
    /// The libraries that are linked when it starts.
    pub(crate) libraries: Vec<String>,
    /// The version of glibc that it needs.
    pub(crate) glibc: String,
}

impl Program {
    /// Looks at the head of the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let head = output(&mut command(Path::new("/"), "objdump", &["-p", &file]))?;
        let (libraries, glibc) = (libraries(&head), newest_glibc(&head));
        Ok(Self { path: path.to_owned(), bytes: std::fs::metadata(path)?.len(), libraries, glibc })
    }

    /// Fails when it would be missing a library on another machine.
    pub(crate) fn check_libraries(&self) -> Result<()> {
        for library in &self.libraries {
            let is_everywhere = EVERYWHERE.iter().any(|known| library.starts_with(known));
            ensure!(is_everywhere, "{} needs {library}, which not every machine has", self.path.display());
        }
        Ok(())
    }

    /// Fails unless it has the instructions of this level and none of a higher one.
    pub(crate) fn check_level(&self, level: &Level, all: &Levels) -> Result<()> {
        let found = self.levels(all)?;
        ensure!(found.contains(&level.name), "the kernels of {} were not compiled for it", level.name);
        let above = all.levels.iter().skip_while(|other| other.name != level.name).skip(1);
        for other in above {
            ensure!(!found.contains(&other.name), "{} has instructions of {}", level.name, other.name);
        }
        Ok(())
    }

    /// Fails when it has instructions of any level.
    pub(crate) fn check_baseline(&self, all: &Levels) -> Result<()> {
        let found = self.levels(all)?;
        ensure!(found.is_empty(), "the program has instructions of {found:?} outside of its workers");
        Ok(())
    }

    /// The levels whose instructions are in it.
    fn levels(&self, all: &Levels) -> Result<BTreeSet<String>> {
        let file = self.path.display().to_string();
        let mut objdump = command(Path::new("/"), "objdump", &["--disassemble", "--no-show-raw-insn", &file]);
        let mut child = objdump.stdout(Stdio::piped()).spawn().context("objdump cannot be started")?;
        let mut found = BTreeSet::new();
        for line in BufReader::new(child.stdout.take().context("objdump has no output")?).lines() {
            let line = line?;
            let proven = all.levels.iter().filter(|level| level.is_proven_by(&line));
            found.extend(proven.map(|level| level.name.clone()));
        }
        ensure!(child.wait()?.success(), "objdump failed");
        Ok(found)
    }
}

fn libraries(head: &str) -> Vec<String> {
    head.lines()
        .filter_map(|line| line.trim().strip_prefix("NEEDED"))
        .map(|name| name.trim().to_owned())
        .collect()
}

/// The highest of the versions that symbols are wanted in; empty when there are none.
fn newest_glibc(head: &str) -> String {
    let versions = head.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    let numbers =
        |version: &str| version.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    versions.max_by_key(|version| numbers(version)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "
Dynamic Section:
  NEEDED               libgcc_s.so.1
  NEEDED               libc.so.6
  INIT                 0x0000000000001000

Version References:
  required from libc.so.6:
    0x06969189 0x00 09 GLIBC_2.29
    0x0d696914 0x00 07 GLIBC_2.4
    0x069691b4 0x00 03 GLIBC_2.34
";

    fn program(libraries: &[&str]) -> Program {
        let libraries = libraries.iter().map(ToString::to_string).collect();
        Program { path: "hutong".into(), bytes: 0, libraries, glibc: String::new() }
    }

    #[test]
    fn libraries_and_the_newest_version_are_read() {
        assert_eq!(libraries(HEAD), ["libgcc_s.so.1", "libc.so.6"]);
        assert_eq!(newest_glibc(HEAD), "2.34");
        assert_eq!(newest_glibc(""), "");
    }

    #[test]
    fn a_library_that_is_not_everywhere_is_named() {
        program(&["libc.so.6", "ld-linux-x86-64.so.2"]).check_libraries().unwrap();
        let error = program(&["libc.so.6", "libgomp.so.1"]).check_libraries().unwrap_err().to_string();
        assert!(error.contains("libgomp.so.1"), "{error}");
    }
}
