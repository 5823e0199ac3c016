//! What money costs in time: holds and settlements. `crates/store/examples/money.rs` is the program.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::report::Figure;
use crate::command::{self, command};
use crate::host;

const ROUNDS: usize = 5;
/// Of each round.
const SECONDS: &str = "4";

#[derive(Deserialize)]
struct Round {
    together: f64,
    alone: f64,
    commit_ms: f64,
    hold_ms: f64,
    settle_ms: f64,
}

/// Holds and settlements a second, each durable, by 128 members at once and by one alone; and what a run waits for them
/// beyond the two commits that it needs anyway (ms). On a fresh database beside the build, which is on a disk.
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    let build = ["build", "--release", "--locked", "-p", "store", "--example", "money"];
    command::run(&mut command(root, "cargo", &build))?;
    let program = host::target().join("release/examples/money").display().to_string();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir_in(host::target())?;
        let place = folder.path().display().to_string();
        let printed = command::output(&mut command(root, &program, &[&place, SECONDS]))?;
        rounds.push(serde_json::from_str::<Round>(&printed).context("no round of figures")?);
    }
    let all = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let added = |round: &Round| round.hold_ms + round.settle_ms - 2.0 * round.commit_ms;
    Ok(vec![
        Figure::of("holds + settlements, 128 members", "1/s", all(|round| round.together))?.at_least(5_000.0),
        Figure::of("holds + settlements, one member", "1/s", all(|round| round.alone))?,
        Figure::of("a commit without money, p50", "ms", all(|round| round.commit_ms))?,
        Figure::of("money on a run beyond its commits, p50", "ms", all(added))?.at_most(1.0),
    ])
}
