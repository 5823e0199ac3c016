//! Asking a server that speaks chat completions, and reading times from its streams.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::bench::http::{Arrivals, Connection, Request};

/// How a piece of the answer begins on the wire, and how the answer ends.
const PIECE: &[u8] = br#""content":"#;
const END: &[u8] = b"\r\n0\r\n\r\n";

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    /// An agent's instructions, where the server does not know the agent itself.
    pub(super) system: Option<String>,
    /// Whether the server's own agent is asked.
    pub(super) to_agent: bool,
    pub(super) text: String,
    pub(super) most: usize,
    /// Of chance; without any the answer is the same every time.
    pub(super) temperature: f64,
}

impl Question {
    pub(super) fn plain(text: &str, most: usize) -> Self {
        Self { text: text.to_owned(), most, ..Self::default() }
    }

    pub(super) fn to_agent(text: &str, most: usize) -> Self {
        Self { to_agent: true, ..Self::plain(text, most) }
    }

    /// The document, for a model of this name.
    pub(super) fn document(&self, model: &str, stream: bool) -> Value {
        let mut messages: Vec<Value> = Vec::new();
        messages.extend(self.system.iter().map(|text| json!({"role": "system", "content": text})));
        messages.push(json!({"role": "user", "content": self.text}));
        json!({
            "model": model, "stream": stream, "temperature": self.temperature, "max_tokens": self.most, "messages": messages,
        })
    }
}

/// A server that answers.
pub(super) trait Speaker: Sync {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// The request for a question.
    fn request(&self, question: &Question, stream: bool) -> Request;

    /// Asks, and notes when the pieces of the answer come.
    fn ask(&self, question: &Question) -> Result<Arrivals> {
        let mut connection = Connection::open(self.address())?;
        connection.stream(&self.request(question, true), written, END)
    }
}

/// How many pieces of an answer some lines have. Servers begin with one that says nothing: it does not count.
fn written(lines: &[u8]) -> usize {
    let empty = |after: &[u8]| after.trim_ascii_start().starts_with(br#""""#);
    let pieces = lines.windows(PIECE.len()).enumerate().filter(|(_, part)| *part == PIECE);
    pieces.filter(|(at, _)| !lines.get(at + PIECE.len()..).is_some_and(empty)).count()
}

/// Tokens per second while all streams are being written.
pub(super) fn rate(speaker: &impl Speaker, streams: usize, tokens: usize, text: &str) -> Result<f64> {
    rate_of(speaker, streams, &Question::plain(text, tokens))
}

/// The same for any question.
pub(super) fn rate_of(speaker: &impl Speaker, streams: usize, question: &Question) -> Result<f64> {
    let tokens = question.most;
    let answers: Vec<Arrivals> = std::thread::scope(|scope| {
        let streams: Vec<_> = (0..streams).map(|_| scope.spawn(|| speaker.ask(question))).collect();
        let answers =
            streams.into_iter().map(|stream| stream.join().map_err(|_| anyhow!("a client died"))?);
        answers.collect::<Result<_>>()
    })?;
    for answer in &answers {
        ensure!(answer.count() >= tokens * 9 / 10, "{} tokens instead of {tokens}", answer.count());
    }
    let firsts = answers.iter().filter_map(|answer| Some(answer.pieces.first()?.0));
    let lasts = answers.iter().filter_map(|answer| Some(answer.pieces.last()?.0));
    // A server that answers one after the other is measured over all of it, any other while all are being written.
    let (latest, earliest) = (firsts.clone().max(), lasts.clone().min());
    let (latest, earliest) = latest.zip(earliest).context("nothing was answered")?;
    let (begin, end) = if latest < earliest {
        (latest, earliest)
    } else {
        firsts.min().zip(lasts.max()).context("nothing was answered")?
    };
    let pieces = answers.iter().flat_map(|answer| &answer.pieces);
    let written: usize = pieces.filter(|(at, _)| (begin..end).contains(at)).map(|(_, count)| count).sum();
    Ok(f64::from(u32::try_from(written)?) / end.duration_since(begin).as_secs_f64())
}

/// The longest time between two pieces, in milliseconds.
pub(super) fn longest_gap(answer: &Arrivals) -> f64 {
    let gaps = answer.pieces.iter().zip(answer.pieces.iter().skip(1));
    gaps.map(|((a, _), (b, _))| b.duration_since(*a).as_secs_f64() * 1e3).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_that_says_nothing_does_not_count() {
        let first = br#"data: {"delta":{"role":"assistant","content":""}}"#;
        let spaced = br#"data: {"delta": {"content": ""}}"#;
        let said = br#"data: {"delta":{"content":"\"Hi"}} {"delta":{"content": "!"}}"#;
        assert_eq!([written(first), written(spaced), written(said)], [0, 0, 2]);
    }
}
