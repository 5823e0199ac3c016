//! `x dist`: a program to give away, in one file.
//!
//! It runs on every x86-64-v2 machine of the same system and carries a worker for each level of processors above
//! (`crates/levels/levels.toml`). All of them are built from the same sources with the same settings; only the kernels of
//! the model library get the level's flags. On other processors there are no levels, only the program.

mod build;
mod inspect;
mod levels;
mod pack;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use self::build::Workshop;
use self::inspect::Program;
use self::levels::Levels;
use crate::command::{command, output};
use crate::{host, web};

/// The names of the levels, from the least to the most demanding.
pub(crate) fn level_names(root: &Path) -> Result<Vec<String>> {
    Ok(Levels::read(root)?.levels.into_iter().map(|level| level.name).collect())
}

/// Builds everything below `dist` in cargo's target folder; the program is `dist/hutong`.
pub(crate) fn run_all(root: &Path) -> Result<()> {
    let folder = host::target().join("dist");
    let workers = folder.join("workers");
    pack::make_empty(&workers)?;
    // The page goes into the program, so it is built first.
    web::build(root)?;
    let workshop = Workshop::open(root, &folder)?;
    let levels = Levels::read(root)?;
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        for level in &levels.levels {
            let worker = workshop.worker(level)?;
            let program = Program::read(&worker)?;
            program.check_level(level, &levels)?;
            program.check_libraries()?;
            let packed = pack::pack(&worker, &workers, &level.name)?;
            println!("{}: {} bytes, packed {packed}", level.name, program.bytes);
        }
    }
    let built = workshop.server(&workers)?;
    let hutong = folder.join("hutong");
    std::fs::copy(&built, &hutong).with_context(|| format!("{} cannot be copied", built.display()))?;
    if cfg!(target_os = "linux") {
        let program = Program::read(&hutong)?;
        program.check_baseline(&levels)?;
        program.check_libraries()?;
        println!("needs glibc {} or newer, and {}", program.glibc, program.libraries.join(", "));
    }
    let contents = std::fs::read(&hutong)?;
    let about = output(&mut command(root, &hutong.display().to_string(), &["--version"]))?;
    ensure!(about.starts_with("hutong "), "the program does not start");
    let sha256: String = Sha256::digest(&contents).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{}{}: {} bytes, SHA-256 {sha256}", about, hutong.display(), contents.len());
    Ok(())
}
