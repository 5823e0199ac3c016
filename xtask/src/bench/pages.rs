//! Reading what is kept: the list of threads, and the newest page of a long one.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use serde_json::json;

use super::http::{Connection, Request};
use super::ids::Ids;
use super::report::Figure;
use super::scripted::Scripted;
use super::server::Server;
use crate::{host, rust, web};

const CLIENTS: usize = 32;
const THREADS: usize = 1_000;
const RUNS: usize = 5;
const SPAN: Duration = Duration::from_secs(3);
const ALONE: usize = 2_000;

/// The newest page of 1,000 threads, asked for by 32 signed-in clients without a pause (requests per second, p50 and
/// p95 in ms), and the newest 50 messages of a thread of 300, asked for by one (ms).
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    web::build(root)?;
    let (server, _) = Server::start(&rust::build_release(root)?)?;
    let owner = server.owner()?;
    let (mut connection, mut ids) = (Connection::open(server.address)?, Ids::of(0));
    for _ in 0..THREADS {
        let thread = json!({"id": ids.next(), "agent_id": "tutor"});
        connection.send(&Request::post_as("/api/v1/threads", &owner, &thread))?.expect(201)?;
    }
    let list = Request::get("/api/v1/threads", &owner);
    hammer(server.address, &list, Duration::from_secs(1))?; // warm
    let (mut rates, mut halves, mut tails) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut waits = hammer(server.address, &list, SPAN)?;
        waits.sort_unstable();
        rates.push(f64::from(u32::try_from(waits.len())?) / SPAN.as_secs_f64());
        halves.push(quantile(&waits, 50)?);
        tails.push(quantile(&waits, 95)?);
    }
    drop(server);
    Ok(vec![
        Figure::of("thread list, 32 clients", "req/s", rates)?.at_least(5_000.0),
        Figure::of("thread list, p50", "ms", halves)?,
        Figure::of("thread list, p95", "ms", tails)?.at_most(15.0),
        Figure::of("newest 50 of 300 messages", "ms", long_thread(root)?)?.at_most(3.0),
    ])
}

fn long_thread(root: &Path) -> Result<Vec<f64>> {
    let server = Scripted::start(root, 1, Duration::ZERO)?;
    let page = Request::get(&format!("/api/v1/threads/{}/messages", server.thread), &server.owner);
    let mut connection = Connection::open(server.address)?;
    let one = |_| {
        let started = host::now();
        connection.send(&page)?.expect(200)?;
        Ok(started.elapsed().as_secs_f64() * 1e3)
    };
    let mut waits = (0..ALONE).map(one).collect::<Result<Vec<_>>>()?;
    Ok(waits.split_off(ALONE / 10))
}

/// Asks with all clients without a pause; how long each answer took.
fn hammer(address: SocketAddr, request: &Request, span: Duration) -> Result<Vec<Duration>> {
    let client = || {
        let (mut connection, mut waits) = (Connection::open(address)?, Vec::new());
        let until = host::now() + span;
        loop {
            let started = host::now();
            if started >= until {
                return Ok(waits);
            }
            let answer = connection.send(request)?;
            anyhow::ensure!(answer.status == 200, "an answer of {}: {}", answer.status, answer.text());
            waits.push(started.elapsed());
        }
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let waits = clients.into_iter().map(|client| client.join().map_err(|_| anyhow!("a client died"))?);
        Ok(waits.collect::<Result<Vec<_>>>()?.concat())
    })
}

/// In ms, of sorted values.
fn quantile(sorted: &[Duration], percent: usize) -> Result<f64> {
    let at = sorted.get(sorted.len() * percent / 100).context("nothing was answered")?;
    Ok(at.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_taken_from_sorted_values() {
        let values: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(quantile(&values, 50).unwrap(), 51.0);
        assert_eq!(quantile(&values, 95).unwrap(), 96.0);
        assert!(quantile(&[], 50).is_err());
    }
}
