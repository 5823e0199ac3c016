//! Benches: what the promises of speed and size are measured with. Timings are benches, never tests.
//!
//! To add one, write a module with a function from the root of the checkout to figures, and name it in [`BENCHES`].
//! A figure is a median with its minimum and maximum; where there is a peer, run it beside us and report the ratio.

mod engine;
mod gateway;
mod http;
mod ids;
mod levels;
mod money;
mod pages;
mod process;
mod relay;
mod report;
mod scripted;
mod server;
mod start;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

pub(crate) use self::gateway::inside as gateway_inside;
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
        name: "gateway",
        what: "what passing requests on costs, beside the gateways of others",
        run: gateway::run,
    },
    Bench { name: "money", what: "holds and settlements, durable", run: money::run },
    Bench {
        name: "engine-decode",
        what: "tokens per second against llama.cpp's bare loop and llama-cpp-python",
        run: engine::decode,
    },
    Bench {
        name: "engine-agent",
        what: "the first token of an agent, cold and after a restart",
        run: engine::first_token,
    },
    Bench { name: "engine-fair", what: "one request beside fifty of another member", run: engine::share },
    Bench { name: "engine-pause", what: "an answer beside somebody's long prompt", run: engine::pauses },
    Bench {
        name: "engine-busy",
        what: "decoding while the processors are busy elsewhere",
        run: engine::busy,
    },
    Bench { name: "engine-rewrite", what: "an answer that says again what was read", run: engine::rewriting },
    Bench { name: "levels", what: "the workers of `x dist`, by level of processors", run: levels::run },
];

/// Runs a bench, or all whose names begin with this word; prints a JSON line for each figure and a table, and keeps the
/// lines in `bench/results`.
pub(crate) fn run_one(root: &Path, name: Option<&str>) -> Result<()> {
    let is_meant = |bench: &&Bench| {
        let rest = name.and_then(|name| bench.name.strip_prefix(name));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let meant: Vec<&Bench> = BENCHES.iter().filter(is_meant).collect();
    if meant.is_empty() {
        let known: Vec<_> =
            BENCHES.iter().map(|bench| format!("  {:<14} {}", bench.name, bench.what)).collect();
        bail!("which bench?\n{}", known.join("\n"));
    }
    for bench in meant {
        let figures = (bench.run)(root).with_context(|| format!("the bench {}", bench.name))?;
        report::publish(root, bench.name, &figures)?;
    }
    Ok(())
}
