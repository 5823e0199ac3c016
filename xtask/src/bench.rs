//! Benches: what the promises of speed and size are measured with. Timings are benches, never tests.
//!
//! To add one, write a module with a function from the root of the checkout to figures, and name it in [`BENCHES`].
//! A figure is a median with its minimum and maximum; where there is a peer, run it beside us and report the ratio.

mod engine;
mod http;
mod ids;
mod pages;
mod relay;
mod report;
mod scripted;
mod server;
mod start;

use std::path::Path;

use anyhow::{Context as _, Result};

use self::report::Figure;

struct Bench {
    name: &'static str,
    what: &'static str,
    run: fn(&Path) -> Result<Vec<Figure>>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "start", what: "spawn to healthy and resident memory, no model loaded", run: start::run },
    Bench {
        name: "thread-list",
        what: "the newest page of many threads and of many messages",
        run: pages::run,
    },
    Bench { name: "relay", what: "what the server adds to a model's answer", run: relay::run },
    Bench {
        name: "engine",
        what: "the local engine against llama.cpp's bare loop and llama-cpp-python",
        run: engine::run,
    },
];

/// Runs one bench, prints a JSON line for each figure and a table, and keeps the lines in `bench/results`.
pub(crate) fn run_one(root: &Path, name: Option<&str>) -> Result<()> {
    let bench = BENCHES.iter().find(|bench| Some(bench.name) == name).with_context(|| {
        let known: Vec<_> =
            BENCHES.iter().map(|bench| format!("  {:<14} {}", bench.name, bench.what)).collect();
        format!("which bench?\n{}", known.join("\n"))
    })?;
    let figures = (bench.run)(root)?;
    report::publish(root, bench.name, &figures)
}
