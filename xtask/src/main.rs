//! Development tasks of the tree: `./x <task>`, or `cargo xtask <task>` where the tools are there already.
//!
//! To add a task, write a module with one public function, then name it in [`TASKS`] and in [`dispatch`].

mod bench;
mod ci;
mod command;
mod counts;
mod deny;
mod dist;
mod encoders;
mod fuzz;
mod generate;
mod host;
mod models;
mod postgres;
mod rust;
mod stamp;
mod steps;
mod test;
mod tidy;
mod up;
mod web;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::generate::Mode;

const TASKS: &str = "\
usage: ./x <task>

  up [hutong up's arguments]   build everything, pull the default model, start
  test                         set up what tests need and run every one
  ci                           format, lints, tidy, dependencies, generated files, test
  tidy                         budgets, layers and absences
  fuzz [seconds]               each fuzzer of fuzz/ for so long; a minute unless told
  gen [--check]                make docs/openapi.json and the web's types from the code
  dist                         a program to give away: runs on any x86-64-v2, and fast where there is more
  bench <name>                 measure; without a name, list what can be measured
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    dispatch(&arguments).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let root = host::root();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["up", ..] => up::run_all(&root, arguments.get(1..).unwrap_or_default())?,
        ["test"] => return Ok(test::run_all(&root)),
        ["ci"] => return Ok(ci::run_all(&root)),
        ["tidy"] => tidy::run(&root)?,
        ["fuzz"] => fuzz::run_all(&root, fuzz::USUAL_SECONDS)?,
        ["fuzz", seconds] => fuzz::run_all(&root, seconds.parse().context("how many seconds?")?)?,
        ["gen"] => generate::run_all(&root, Mode::Write)?,
        ["gen", "--check"] => generate::run_all(&root, Mode::Check)?,
        ["dist"] => dist::run_all(&root)?,
        ["bench"] => bench::run_one(&root, None)?,
        // What `bench gateway` runs of itself.
        ["bench", "gateway", "inside"] => bench::gateway_inside(&root)?,
        ["bench", name] => bench::run_one(&root, Some(name))?,
        [] | ["help" | "--help" | "-h"] => print!("{TASKS}"),
        other => bail!("there is no task `{}`\n\n{TASKS}", other.join(" ")),
    }
    Ok(ExitCode::SUCCESS)
}
