//! What a member with one request gets while another has fifty.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::speaker::{Question, Speaker};
use super::{FEW, Field, STORY, TOKENS};
use crate::bench::http::Arrivals;
use crate::bench::report::Figure;

const FLOOD: usize = 50;
/// Tokens of each of them: together they must outlast the one.
const FLOOD_TOKENS: usize = 48;

/// The part of all tokens, from its question to its last, that somebody with one request gets beside fifty of another.
pub(crate) fn share(root: &Path) -> Result<Vec<Figure>> {
    let field = Field::prepare(root)?;
    let peers = field.start_peers()?;
    let stranger = field.ours.stranger()?;
    let (mut own, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..FEW {
        let beside = beside(&field.ours, &stranger)?;
        ensure!(beside.is_contended, "the fifty were over before the one");
        own.push(beside.part);
        waits.push(beside.first.as_secs_f64());
    }
    let mut figures = vec![
        Figure::of("one request beside fifty of another, its part", "", own)?.at_least(0.4),
        Figure::of("one request beside fifty of another, first token", "s", waits)?,
    ];
    for peer in &peers {
        // They know no members: both are the same to them.
        let Beside { part, first, .. } = beside(peer, peer)?;
        figures.push(Figure::of(&format!("{}, its part", peer.name), "", vec![part])?);
        figures.push(Figure::of(&format!("{}, first token", peer.name), "s", vec![first.as_secs_f64()])?);
    }
    Ok(figures)
}

/// How somebody got on.
struct Beside {
    part: f64,
    first: Duration,
    /// The others were still being answered in the end.
    is_contended: bool,
}

fn beside(many: &impl Speaker, one: &impl Speaker) -> Result<Beside> {
    let (flood, answer) = std::thread::scope(|scope| {
        let flood: Vec<_> = (0..FLOOD)
            .map(|n| {
                let text = format!("{STORY} It is story number {n}.");
                scope.spawn(move || many.ask(&Question::plain(&text, FLOOD_TOKENS)))
            })
            .collect();
        std::thread::sleep(Duration::from_secs(5));
        let answer = one.ask(&Question::plain(STORY, TOKENS));
        let flood: Result<Vec<Arrivals>> =
            flood.into_iter().map(|one| one.join().map_err(|_| anyhow!("a client died"))?).collect();
        (flood, answer)
    });
    let (flood, answer) = (flood?, answer?);
    let (from, (to, _)) = (answer.sent, answer.pieces.last().context("nothing was answered")?);
    let last = flood.iter().filter_map(|one| one.pieces.last()).map(|(at, _)| *at).max();
    let theirs: usize = flood.iter().map(|one| within(one, from, *to)).sum();
    let own = within(&answer, from, *to);
    let count = |tokens: usize| u32::try_from(tokens).map(f64::from);
    Ok(Beside {
        part: count(own)? / (count(own)? + count(theirs)?).max(1.0),
        first: answer.first()?,
        is_contended: last > Some(*to),
    })
}

fn within(answer: &Arrivals, from: Instant, to: Instant) -> usize {
    answer.pieces.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, count)| count).sum()
}
