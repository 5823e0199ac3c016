//! `x fuzz`: the fuzzers of `fuzz/`, one after the other, each for a while.
//!
//! They want a nightly toolchain and cargo-fuzz. What they learn lies in the cache between runs and is no part of the tree;
//! `fuzz/seeds/<fuzzer>` holds what every run begins with.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{command, output, run};
use crate::host;

/// The fuzzers, each with its dictionary.
const FUZZERS: [(&str, &str); 3] =
    [("dialect_streams", "streams.dict"), ("gguf_preflight", "gguf.dict"), ("worker_frames", "frames.dict")];

/// Seconds for each when nobody says how many.
pub(crate) const USUAL_SECONDS: u32 = 60;
/// Seconds for each among everything else that must hold.
const SECONDS_IN_CI: u32 = 9;
/// Bytes of an input.
const LONGEST: u32 = 16_384;

/// Runs each of them for so many seconds. A tool that is missing is an error that says how to get it.
pub(crate) fn run_all(root: &Path, seconds: u32) -> Result<()> {
    let program = program().context(HOW_TO_GET_IT)?;
    FUZZERS
        .iter()
        .try_for_each(|(name, dictionary)| run(&mut fuzzer(root, &program, name, dictionary, seconds)?))
}

/// Runs each of them shortly where the tools are there, and says so where they are not.
pub(crate) fn run_shortly(root: &Path) -> Result<()> {
    if program().is_some() {
        return run_all(root, SECONDS_IN_CI);
    }
    println!("fuzzers: NOT run. {HOW_TO_GET_IT}");
    Ok(())
}

const HOW_TO_GET_IT: &str = "They want `rustup toolchain install nightly` and `cargo install cargo-fuzz`.";

/// `cargo-fuzz`, on the path or in the cache, where there is a nightly toolchain, too.
fn program() -> Option<String> {
    output(&mut command(Path::new("/"), "cargo", &["+nightly", "--version"])).ok()?;
    let kept = || Some(host::cache().join("tools/bin/cargo-fuzz")).filter(|program| program.is_file());
    Some(host::find_program("cargo-fuzz").or_else(kept)?.display().to_string())
}

fn fuzzer(root: &Path, program: &str, name: &str, dictionary: &str, seconds: u32) -> Result<Command> {
    let learnt = host::cache().join("fuzz").join(name);
    std::fs::create_dir_all(&learnt)?;
    let mut fuzzer = command(root, program, &["fuzz", "run", name]);
    fuzzer.arg(learnt);
    let seeds = root.join("fuzz/seeds").join(name);
    if seeds.is_dir() {
        fuzzer.arg(seeds);
    }
    fuzzer.args([
        "--".to_owned(),
        format!("-dict=fuzz/dictionaries/{dictionary}"),
        format!("-max_total_time={seconds}"),
        format!("-max_len={LONGEST}"),
        "-verbosity=0".to_owned(),
        "-print_final_stats=1".to_owned(),
    ]);
    // The flags of the fuzzers are their own: what is built for them is good for nothing else.
    fuzzer.env("RUSTUP_TOOLCHAIN", "nightly").env("CARGO_TARGET_DIR", host::target().join("fuzz"));
    Ok(fuzzer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fuzzer_of_the_tree_is_run_with_its_dictionary() {
        let fuzz = host::root().join("fuzz");
        let mut targets: Vec<String> = std::fs::read_dir(fuzz.join("fuzz_targets"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        targets.sort();
        assert_eq!(targets, FUZZERS.map(|(name, _)| name));
        for (_, dictionary) in FUZZERS {
            assert!(fuzz.join("dictionaries").join(dictionary).is_file(), "{dictionary}");
        }
    }
}
