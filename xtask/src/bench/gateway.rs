//! What passing requests on costs: ours with authentication, budgets, holds and durable records on, and the gateways of
//! others without, in turn, in front of one upstream. `bench/gateway.toml` is the workload.

mod apart;
mod figures;
mod install;
mod lap;
mod load;
mod ours;
mod running;
mod workload;

use std::path::Path;

use anyhow::{Context as _, Result};

use self::lap::Lap;
use self::running::{Gateway, Upstream};
use self::workload::Workload;
use super::report::Figure;
use crate::command::{command, run as run_command};
use crate::{rust, web};

/// What we promise is promised of this one.
const OURS: &str = "hutong";
/// The same server with its data where nothing waits for a disk: what is left is our own.
const IN_MEMORY: &str = "hutong, data in memory";
/// Where that is.
const MEMORY: &str = "/dev/shm";

/// The words that lead to [`inside`].
const INSIDE: [&str; 3] = ["bench", "gateway", "inside"];

/// Processor seconds of a gateway and all its processes for 1,000 requests and for 1,000 streams of 20 pieces, at 50 a
/// second; what is added to them (ms) against asking the upstream in the same round; answers a second with 32 clients
/// that do not pause; what is added to the time until the first piece of 1 stream and of 64 at once (ms); tokens a second
/// of 64 streams; memory after all that (MB); how long the disk takes to confirm a write (ms), of which there are two in each
/// request of ours. Ours is there once more with its data in memory, where there is a place for it.
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    let workload = Workload::read(root)?;
    web::build(root)?;
    rust::build_release(root)?;
    run_command(&mut command(root, "cargo", &["build", "--release", "--locked", "-p", "fakevendors"]))?;
    for peer in &workload.peers {
        install::install(&peer.package).with_context(|| format!("{} cannot be installed", peer.name))?;
    }
    let laps = apart::run(root, &INSIDE)?;
    let laps: Vec<Lap> = serde_json::from_str(&laps).context("no laps")?;
    figures::all(&laps, workload.paced.per_second)
}

/// The part that runs where there is no network: prints the laps, as JSON.
pub(crate) fn inside(root: &Path) -> Result<()> {
    let workload = Workload::read(root)?;
    let upstream = Upstream::start(&workload)?;
    let mut gateways = vec![Gateway::straight(&workload, &upstream)];
    gateways.push(Gateway::ours(OURS, &std::env::temp_dir(), &workload, &upstream)?);
    if Path::new(MEMORY).is_dir() {
        gateways.push(Gateway::ours(IN_MEMORY, Path::new(MEMORY), &workload, &upstream)?);
    }
    for peer in &workload.peers {
        gateways.push(Gateway::peer(&workload, &upstream, peer)?);
    }
    let mut asked = vec![0; gateways.len()];
    for (gateway, asked) in gateways.iter().zip(&mut asked) {
        eprintln!("{} gets warm", gateway.name);
        Lap::run(gateway, &workload, asked).with_context(|| gateway.name.clone())?;
    }
    let mut laps = Vec::new();
    for round in 1..=workload.rounds {
        for (gateway, asked) in gateways.iter().zip(&mut asked) {
            eprintln!("round {round} of {}: {}", workload.rounds, gateway.name);
            laps.push(Lap::run(gateway, &workload, asked).with_context(|| gateway.name.clone())?);
        }
    }
    for (gateway, asked) in gateways.iter().zip(asked) {
        gateway.must_have_recorded(asked)?;
    }
    println!("{}", serde_json::to_string(&laps)?);
    Ok(())
}
