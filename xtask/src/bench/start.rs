//! From nothing to healthy: the release binary on an empty data directory, again and again.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::process;
use super::report::Figure;
use super::server::Server;
use crate::{rust, web};

const RUNS: usize = 20;
/// How long a healthy server rests before its memory is read.
const REST: Duration = Duration::from_secs(1);

/// Time from spawn to the first 200 of `/healthz` (ms), resident memory after a second of rest (MB, with children), and
/// the size of the binary (MB).
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    web::build(root)?;
    let hutong = rust::build_release(root)?;
    let (mut healthy, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (server, after) = Server::start(&hutong)?;
        healthy.push(after.as_secs_f64() * 1e3);
        std::thread::sleep(REST);
        resident.push(process::resident_megabytes(server.process())?);
    }
    let bytes =
        u32::try_from(std::fs::metadata(&hutong)?.len()).context("the binary is larger than 4 GiB")?;
    Ok(vec![
        Figure::of("start to healthy", "ms", healthy)?.at_most(300.0),
        Figure::of("resident, idle", "MB", resident)?.at_most(40.0),
        Figure::of("binary", "MB", vec![f64::from(bytes) / 1e6])?.at_most(60.0),
    ])
}
