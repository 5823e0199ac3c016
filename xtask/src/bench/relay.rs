//! What the server adds to a model's answer: time before the first piece, and a limit to the pieces per second.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use serde_json::json;

use super::http::{Arrivals, Connection, Request, occurrences};
use super::ids::Ids;
use super::report::Figure;
use super::scripted::{PIECE, Scripted};
use crate::host;

const ALONE: usize = 25;
const STREAMS: usize = 64;
const ROUNDS: usize = 7;
/// A model that writes at the pace of a good one: 50 tokens a second.
const PACE: Duration = Duration::from_millis(20);
const PACED: usize = 25;
/// A model that writes faster than anybody can pass on.
const FLOOD: usize = 500;
/// How a chunked answer ends.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// Asks one question; the number differs for every one.
type Ask = dyn Fn(&Scripted, &mut Connection, usize) -> Result<Arrivals> + Sync;

/// Through the OpenAI face and through a thread, where every piece is stored before it is shown: time to the first
/// piece of one stream and of 64 that begin at once, at the pace of a model (ms); then, without any pace, pieces per
/// second of 64 streams, and the server's processor time for 1,000 pieces (ms).
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    let ways: [(&str, &Ask); 2] = [("/v1", &through_the_face), ("thread", &through_a_thread)];
    let mut figures = Vec::new();
    let server = Scripted::start(root, PACED, PACE)?;
    for (name, ask) in ways {
        figures.extend(waits(&server, name, ask)?);
    }
    drop(server);
    let server = Scripted::start(root, FLOOD, Duration::ZERO)?;
    for (name, ask) in ways {
        figures.extend(rates(&server, name, ask)?);
    }
    Ok(figures)
}

fn waits(server: &Scripted, name: &str, ask: &Ask) -> Result<Vec<Figure>> {
    let mut connection = Connection::open(server.address)?;
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for number in 0..ALONE {
        alone.push(milliseconds(ask(server, &mut connection, number)?.first()?));
    }
    for round in 0..ROUNDS {
        for arrivals in all(server, ask, round, PACED)? {
            together.push(milliseconds(arrivals.first()?));
        }
    }
    Ok(vec![
        Figure::of(&format!("{name}: first piece, 1 stream"), "ms", alone)?.at_most(2.0),
        Figure::of(&format!("{name}: first piece, 64 streams"), "ms", together)?.at_most(10.0),
    ])
}

fn rates(server: &Scripted, name: &str, ask: &Ask) -> Result<Vec<Figure>> {
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (begun, used) = (host::now(), server.processor_seconds()?);
        all(server, ask, round, FLOOD)?;
        let (took, used) = (begun.elapsed().as_secs_f64(), server.processor_seconds()? - used);
        let pieces = f64::from(u32::try_from(STREAMS * FLOOD)?);
        rates.push(pieces / took);
        costs.push(used * 1e6 / pieces);
    }
    Ok(vec![
        Figure::of(&format!("{name}: pieces, 64 streams"), "1/s", rates)?.at_least(80_000.0),
        Figure::of(&format!("{name}: processor, 1,000 pieces"), "ms", costs)?,
    ])
}

/// All streams at once, each on a connection that is open already.
fn all(server: &Scripted, ask: &Ask, round: usize, pieces: usize) -> Result<Vec<Arrivals>> {
    let barrier = std::sync::Barrier::new(STREAMS);
    let stream = |number: usize| {
        let connection = Connection::open(server.address);
        barrier.wait();
        let arrivals = ask(server, &mut connection?, (round + 1) * 10_000 + number)?;
        ensure!(arrivals.count() == pieces, "{} of {pieces} pieces came", arrivals.count());
        Ok(arrivals)
    };
    std::thread::scope(|scope| {
        let stream = &stream;
        let streams: Vec<_> = (0..STREAMS).map(|number| scope.spawn(move || stream(number))).collect();
        streams.into_iter().map(|stream| stream.join().map_err(|_| anyhow!("a client died"))?).collect()
    })
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

fn through_the_face(server: &Scripted, connection: &mut Connection, _: usize) -> Result<Arrivals> {
    let question = json!({
        "model": "agent/tutor", "stream": true, "messages": [{"role": "user", "content": "Begin."}],
    });
    let request = Request::post_as("/v1/chat/completions", &server.program, &question);
    connection.stream(&request, |lines| occurrences(lines, PIECE), END)
}

fn through_a_thread(server: &Scripted, connection: &mut Connection, number: usize) -> Result<Arrivals> {
    let mut ids = Ids::of(number);
    let (thread_id, run_id) = (ids.next(), ids.next());
    let thread = json!({"id": thread_id, "agent_id": "tutor"});
    connection.send(&Request::post_as("/api/v1/threads", &server.owner, &thread))?.expect(201)?;
    let question = json!({
        "id": run_id, "reply_id": ids.next(),
        "input": {"type": "ask", "message_id": ids.next(), "parent_id": null, "text": "Begin."},
    });
    let path = format!("/api/v1/threads/{thread_id}/runs");
    let sent = host::now();
    connection.send(&Request::post_as(&path, &server.owner, &question))?.expect(202)?;
    let path = format!("/api/v1/runs/{run_id}/events");
    let arrivals =
        connection.stream(&Request::get(&path, &server.owner), |lines| occurrences(lines, PIECE), END)?;
    Ok(Arrivals { sent, ..arrivals })
}
