//! What clients do: each has a connection that is open before anything is measured.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};

use super::running::Gateway;
use super::workload::{First, Flood, Full, Paced};
use crate::bench::http::{Arrivals, Connection, Request};
use crate::host;

/// Between the last connection and the first request.
const REST: Duration = Duration::from_millis(50);
/// How a streamed answer ends.
const END: &[u8] = b"\r\n0\r\n\r\n";
/// Text follows in what is told of it; in a piece that only begins an answer it is empty.
const CONTENT: &[u8] = b"\"content\":\"";

/// Whether an answer comes at once or in pieces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    Stream,
}

/// One client's place.
struct Client<'a> {
    connection: Connection,
    request: &'a Request,
    pieces: usize,
    form: Form,
}

impl Client<'_> {
    fn ask(&mut self) -> Result<()> {
        match self.form {
            Form::Whole => {
                let answer = self.connection.send(self.request)?;
                ensure!(answer.status == 200, "an answer of {}: {}", answer.status, answer.text());
            }
            Form::Stream => drop(self.arrivals()?),
        }
        Ok(())
    }

    fn arrivals(&mut self) -> Result<Arrivals> {
        let arrivals = self.connection.stream(self.request, pieces, END)?;
        let count = arrivals.count();
        ensure!(count == self.pieces, "{count} of {} pieces came", self.pieces);
        Ok(arrivals)
    }
}

/// Asks so many times at the pace; how long each took from when it was due (ms), sorted.
pub(super) fn paced(gateway: &Gateway, paced: &Paced, form: Form) -> Result<Vec<f64>> {
    let count = if form == Form::Whole { paced.requests } else { paced.streams };
    let request = gateway.request(&paced.model, paced.pieces, form == Form::Stream);
    let (next, between) = (AtomicUsize::new(0), Duration::from_secs(1) / paced.per_second);
    let begin = host::now() + REST;
    let client = |mut client: Client<'_>| {
        let mut waits = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(waits);
            }
            let due = begin + between * u32::try_from(number)?;
            // Whoever sleeps too long does so on the way to everybody; whoever is late because it still waited for an answer
            // is late because of the gateway.
            let sleep = due.saturating_duration_since(host::now());
            std::thread::sleep(sleep);
            let begun = if sleep.is_zero() { due } else { host::now() };
            client.ask()?;
            waits.push(milliseconds(begun.elapsed()));
        }
    };
    let mut waits = all(gateway, &request, (paced.clients, paced.pieces, form), client)?.concat();
    waits.sort_by(f64::total_cmp);
    Ok(waits)
}

/// Asks with all clients and without a pause: requests, and in how many seconds they were answered.
pub(super) fn full(gateway: &Gateway, paced: &Paced, full: &Full) -> Result<(usize, f64)> {
    let request = gateway.request(&paced.model, paced.pieces, false);
    repeated(gateway, &request, (paced.clients, paced.pieces, Form::Whole), full.seconds)
}

/// Streams without a pause: how many, and in how many seconds they were told.
pub(super) fn flood(gateway: &Gateway, flood: &Flood) -> Result<(usize, f64)> {
    let request = gateway.request(&flood.model, flood.pieces, true);
    repeated(gateway, &request, (flood.streams, flood.pieces, Form::Stream), flood.seconds)
}

/// Time to the first piece of streams one after the other (ms).
pub(super) fn alone(gateway: &Gateway, first: &First) -> Result<Vec<f64>> {
    let request = gateway.request(&first.model, first.pieces, true);
    let client = |mut client: Client<'_>| {
        let ask = |_| Ok(milliseconds(client.arrivals()?.first()?));
        (0..first.alone).map(ask).collect::<Result<Vec<_>>>()
    };
    Ok(all(gateway, &request, (1, first.pieces, Form::Stream), client)?.concat())
}

/// The same of streams that begin at once.
pub(super) fn together(gateway: &Gateway, first: &First) -> Result<Vec<f64>> {
    let request = gateway.request(&first.model, first.pieces, true);
    let mut waits = Vec::new();
    for _ in 0..first.bursts {
        let client = |mut client: Client<'_>| Ok(milliseconds(client.arrivals()?.first()?));
        waits.extend(all(gateway, &request, (first.together, first.pieces, Form::Stream), client)?);
    }
    Ok(waits)
}

fn repeated(
    gateway: &Gateway,
    request: &Request,
    clients: (usize, usize, Form),
    seconds: f64,
) -> Result<(usize, f64)> {
    let span = Duration::from_secs_f64(seconds);
    let client = |mut client: Client<'_>| {
        let (begun, mut count) = (host::now(), 0);
        while begun.elapsed() < span {
            client.ask()?;
            count += 1;
        }
        Ok((count, begun, host::now()))
    };
    let all: Vec<(usize, Instant, Instant)> = all(gateway, request, clients, client)?;
    let count = all.iter().map(|(count, ..)| count).sum();
    let begun = all.iter().map(|(_, begun, _)| *begun).min();
    let ended = all.iter().map(|(.., ended)| *ended).max();
    let (begun, ended) = begun.zip(ended).ok_or_else(|| anyhow!("nobody asked"))?;
    Ok((count, ended.duration_since(begun).as_secs_f64()))
}

/// So many clients at once, with what they are to get; they begin when all are connected.
fn all<T: Send>(
    gateway: &Gateway,
    request: &Request,
    (count, pieces, form): (usize, usize, Form),
    client: impl Fn(Client<'_>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let barrier = Barrier::new(count);
    let one = || {
        let connection = Connection::open(gateway.address);
        barrier.wait();
        client(Client { connection: connection?, request, pieces, form })
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..count).map(|_| scope.spawn(one)).collect();
        clients.into_iter().map(|client| client.join().map_err(|_| anyhow!("a client died"))?).collect()
    })
}

/// Pieces with text in some lines.
fn pieces(lines: &[u8]) -> usize {
    let at = |window: &&[u8]| window.starts_with(CONTENT) && !window.ends_with(b"\"");
    lines.windows(CONTENT.len() + 1).filter(at).count()
}

pub(super) fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_without_text_do_not_count() {
        let lines = br#"data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

data: {"choices":[{"delta":{"content":" lane"}}]}
data: {"choices":[{"delta":{"content":"\""}}]}
data: {"choices":[{"delta":{"content":null}}]}
data: {"choices":[{"delta":{}}]}"#;
        assert_eq!(pieces(lines), 2);
    }
}
