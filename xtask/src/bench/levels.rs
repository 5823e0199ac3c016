//! What each level of processors is worth: llama.cpp's bare loop in the workers of `x dist`, all of them in turn, so that a
//! machine that slows down slows all. Levels that this machine does not have end in a signal and are left out.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::engine::{Bare, weights};
use super::report::Figure;
use crate::command::{command, output};
use crate::{dist, host, models, rust};

const RUNS: usize = 3;

struct Speeds {
    level: String,
    program: PathBuf,
    words: &'static [&'static str],
    prompt: Vec<f64>,
    decode: Vec<f64>,
}

/// Tokens per second of reading and writing, by level; `native` is the release build of a developer.
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    let hutong = rust::build_release(root)?;
    let file = weights(&models::pull_for_tests(root, &hutong)?, &models::default_model(root)?)?;
    let speeds = |level: &str, program: PathBuf, words: &'static [&'static str]| {
        let (prompt, decode) = (Vec::new(), Vec::new());
        Speeds { level: level.to_owned(), program, words, prompt, decode }
    };
    let target = host::target().join("dist");
    let mut all = vec![speeds("baseline", target.join("hutong"), &["engine-worker"])];
    for level in dist::level_names(root)? {
        all.push(speeds(&level, target.join(&level).join("release/hutong-engine-worker"), &[]));
    }
    all.push(speeds("native", hutong, &["engine-worker"]));
    for speeds in &all {
        ensure!(speeds.program.is_file(), "{} is missing: run `./x dist` first", speeds.program.display());
    }
    for _ in 0..RUNS {
        for speeds in &mut all {
            let mut bare = command(root, &speeds.program.display().to_string(), speeds.words);
            bare.args(["--bench-bare", "--prompt", "128", "--predict", "32", "--model"]).arg(&file);
            let Ok(line) = output(bare.env("OMP_WAIT_POLICY", "passive")) else { continue };
            let Bare { prompt, decode } = serde_json::from_str(&line)?;
            speeds.prompt.push(prompt);
            speeds.decode.push(decode);
        }
    }
    let mut figures = Vec::new();
    for Speeds { level, prompt, decode, .. } in all.into_iter().filter(|speeds| !speeds.prompt.is_empty()) {
        figures.push(Figure::of(&format!("reading, {level}"), "tok/s", prompt)?);
        figures.push(Figure::of(&format!("writing, {level}"), "tok/s", decode)?);
    }
    Ok(figures)
}
