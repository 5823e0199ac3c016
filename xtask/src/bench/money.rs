//! What money costs in time: holds and settlements. `crates/storetests/examples/money.rs` is the program.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::report::Figure;
use crate::command::{self, command};
use crate::host;
use crate::postgres::Cluster;

const ROUNDS: usize = 5;
/// Of each round.
const SECONDS: &str = "4";
/// On a disk, and anybody may go there: the Postgres server does not run as root.
const FOLDER: &str = "/var/tmp";
/// How often the server looks at what is in its tables. After its usual minute a round would be over, and all of it would have
/// run on plans for empty tables.
const LOOKS: &str = "autovacuum_naptime=1s";
/// What we promise for each engine, a second.
const SQLITE: f64 = 5_000.0;
const POSTGRES: f64 = 2_000.0;

#[derive(Deserialize)]
struct Round {
    together: f64,
    alone: f64,
    commit_ms: f64,
    hold_ms: f64,
    settle_ms: f64,
    batches: f64,
    commits: f64,
    busy_cpu: f64,
    paced_cpu: f64,
}

/// Holds and settlements a second, each durable, by 128 members at once and by one alone; and what a run waits for them
/// beyond the two commits that it needs anyway (ms). On a fresh file and on a fresh database of a private Postgres server
/// with its usual settings (but one), in turn, both on the disk.
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    let build = ["build", "--release", "--locked", "-p", "storetests", "--example", "money"];
    command::run(&mut command(root, "cargo", &build))?;
    let program = host::target().join("release/examples/money").display().to_string();
    let cluster = Cluster::start_in(Path::new(FOLDER), &[LOOKS])?;
    let (mut sqlite, mut postgres) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let folder = tempfile::tempdir_in(FOLDER)?;
        let round = |place: &str| -> Result<Round> {
            let printed = command::output(&mut command(root, &program, &[place, SECONDS]))?;
            serde_json::from_str(&printed).context("no round of figures")
        };
        sqlite.push(round(&folder.path().join("hutong.db").display().to_string())?);
        postgres.push(round(&cluster.create(&format!("round_{number}"))?)?);
    }
    let mut all = figures("SQLite", &sqlite, SQLITE)?;
    all.extend(figures("Postgres", &postgres, POSTGRES)?);
    Ok(all)
}

fn figures(engine: &str, rounds: &[Round], bar: f64) -> Result<Vec<Figure>> {
    let figure = |name: &str, unit, value: fn(&Round) -> f64| {
        Figure::of(&format!("{engine}: {name}"), unit, rounds.iter().map(value).collect())
    };
    Ok(vec![
        figure("holds + settlements, 128 members", "1/s", |round| round.together)?.at_least(bar),
        figure("what shares a commit, 128 members", "batches", |round| round.batches / round.commits)?,
        figure("holds + settlements, one after the other", "1/s", |round| round.alone)?,
        figure("a commit without money, p50", "ms", |round| round.commit_ms)?,
        figure("money on a run beyond its commits, p50", "ms", |round| {
            round.hold_ms + round.settle_ms - 2.0 * round.commit_ms
        })?
        .at_most(1.0),
        figure("our processor time of 1,000 calls' money, 128 members", "s", |round| round.busy_cpu)?,
        figure("our processor time of 1,000 calls' money, 50 a second", "s", |round| round.paced_cpu)?,
    ])
}
