//! The local engine: against llama.cpp's own loop with the same weights and threads, and beside the servers of peers. All in
//! turn, so that a machine that slows down slows everybody.

mod fair;
mod ours;
mod peer;
mod speaker;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;

pub(crate) use self::fair::share;
use self::ours::Ours;
use self::peer::{Peer, Running};
use self::speaker::{Question, Speaker, longest_gap, rate, rate_of};
use super::report::Figure;
use crate::command::output;
use crate::{host, models, rust, web};

const RUNS: usize = 3;
/// What takes a minute each time is measured less often.
const FEW: usize = 2;
/// What is to be told from the limit by a few percent is measured more often.
const MANY: usize = 9;
const TOKENS: usize = 128;
const STORY: &str = "Write a very long story about a river, with many chapters.";

const REPEATED: &str = "The old stone bridge crosses the green river near the mill. In winter the water is high, the \
    ice breaks against the pillars, and the millers sing in the kitchen until the lamps go out. In spring the carts come \
    from the northern villages with seed and salt. In summer children catch silver fish below the third arch and sell \
    them at the inn for bread. In autumn the bridge is repaired: the mason counts the stones, the carpenter renews the \
    rails, and the mayor writes everything down in a long red book that nobody ever opens again. So it has been for \
    three hundred years, and so it will be as long as the river runs to the sea and the mill turns.";

/// Tokens per second of llama.cpp's bare loop.
#[derive(Deserialize)]
pub(crate) struct Bare {
    pub(crate) prompt: f64,
    pub(crate) decode: f64,
}

/// All that is compared.
struct Field {
    hutong: PathBuf,
    file: PathBuf,
    ours: Ours,
    peers: Vec<Peer>,
}

impl Field {
    fn prepare(root: &Path) -> Result<Self> {
        web::build(root)?;
        let hutong = rust::build_release(root)?;
        let cache = models::pull_for_tests(root, &hutong)?;
        let model = models::default_model(root)?;
        let file = weights(&cache, &model)?;
        let peers = Peer::install(&file)?;
        let ours = Ours::start(root, &hutong, &cache, &model)?;
        ours.settle()?;
        Ok(Self { hutong, file, ours, peers })
    }

    fn start_peers(&self) -> Result<Vec<Running>> {
        self.peers.iter().map(Peer::start).collect()
    }

    fn bare_loop(&self, streams: usize) -> Result<Bare> {
        let mut bare = Command::new(&self.hutong);
        bare.args(["engine-worker", "--bench-bare", "--prompt", "48", "--predict", &TOKENS.to_string()]);
        bare.args(["--streams", &streams.to_string(), "--model"]).arg(&self.file);
        Ok(serde_json::from_str(&output(bare.env("OMP_WAIT_POLICY", "passive"))?)?)
    }
}

/// Tokens per second at 1, 4 and 8 streams.
pub(crate) fn decode(root: &Path) -> Result<Vec<Figure>> {
    let field = Field::prepare(root)?;
    let ours = &field.ours;
    let mut figures = Vec::new();
    let peers = field.start_peers()?;
    for streams in [1, 4, 8] {
        let (mut own, mut bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let mut others = vec![Vec::new(); peers.len()];
        rate(ours, streams, TOKENS, STORY)?; // warm
        for round in 0..MANY {
            // Whoever is first is not always the same: a machine that gets slower favours the first.
            let early = if round % 2 == 0 { None } else { Some(field.bare_loop(streams)?.decode) };
            let speed = rate(ours, streams, TOKENS, STORY)?;
            let limit = early.map_or_else(|| field.bare_loop(streams).map(|bare| bare.decode), Ok)?;
            own.push(speed);
            bare.push(limit);
            ratios.push(speed / limit);
            for (peer, speeds) in peers.iter().zip(&mut others).filter(|_| round < FEW) {
                speeds.push(rate(peer, streams, TOKENS, STORY)?);
            }
        }
        figures.push(Figure::of(&format!("decode, {streams} streams"), "tok/s", own)?);
        figures.push(Figure::of(&format!("bare loop, {streams} streams"), "tok/s", bare)?);
        for (peer, speeds) in peers.iter().zip(others) {
            figures.push(Figure::of(&format!("{}, {streams} streams", peer.name), "tok/s", speeds)?);
        }
        figures.push(
            Figure::of(&format!("ratio to the bare loop, {streams} streams"), "", ratios)?.at_least(0.97),
        );
    }
    Ok(figures)
}

/// Tokens per second of an answer that says again what was read, with and without guesses.
pub(crate) fn rewriting(root: &Path) -> Result<Vec<Figure>> {
    let field = Field::prepare(root)?;
    let text = format!("Repeat this text word for word, and nothing else:\n\n{REPEATED}");
    // Nobody's answer is guessed who leaves nothing to chance.
    let plain = Question::plain(&text, TOKENS);
    let guessed = Question { temperature: 0.01, ..plain.clone() };
    rate_of(&field.ours, 1, &plain)?; // warm
    let (mut with, mut without, mut gains) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (fast, slow) = (rate_of(&field.ours, 1, &guessed)?, rate_of(&field.ours, 1, &plain)?);
        with.push(fast);
        without.push(slow);
        gains.push(fast / slow);
    }
    Ok(vec![
        Figure::of("repeating a text, guessed ahead", "tok/s", with)?,
        Figure::of("repeating a text, token by token", "tok/s", without)?,
        Figure::of("gain by guessing", "", gains)?,
    ])
}

/// The longest pause of an answer while somebody else sends 4,000 tokens.
pub(crate) fn pauses(root: &Path) -> Result<Vec<Figure>> {
    let field = Field::prepare(root)?;
    let peers = field.start_peers()?;
    let (mut own, mut others) = (Waits::default(), vec![Waits::default(); peers.len()]);
    for round in 0..FEW {
        own.add(pause(&field.ours, round)?);
        for (peer, waits) in peers.iter().zip(&mut others) {
            waits.add(pause(peer, round)?);
        }
    }
    let mut figures = vec![
        Figure::of("longest pause beside 4,000 tokens", "ms", own.gaps)?.at_most(250.0),
        Figure::of("longest pause with nobody else", "ms", own.alone)?,
        Figure::of("first token behind 4,000 tokens, beside an answer", "ms", own.firsts)?,
    ];
    for (peer, waits) in peers.iter().zip(others) {
        figures.push(Figure::of(&format!("{}, longest pause", peer.name), "ms", waits.gaps)?);
        figures.push(Figure::of(&format!("{}, with nobody else", peer.name), "ms", waits.alone)?);
        figures.push(Figure::of(&format!("{}, first token", peer.name), "ms", waits.firsts)?);
    }
    Ok(figures)
}

/// Milliseconds: the longest pauses of answers beside somebody's prompt and with nobody else, and the others' waits for
/// a first token.
#[derive(Clone, Default)]
struct Waits {
    gaps: Vec<f64>,
    alone: Vec<f64>,
    firsts: Vec<f64>,
}

impl Waits {
    fn add(&mut self, (gap, alone, first): (f64, f64, f64)) {
        self.gaps.push(gap);
        self.alone.push(alone);
        self.firsts.push(first);
    }
}

/// Milliseconds, in the order of [`Waits`]. What nobody disturbs shows how steady the machine is.
fn pause(speaker: &impl Speaker, round: usize) -> Result<(f64, f64, f64)> {
    let alone = longest_gap(&speaker.ask(&Question::plain(STORY, 200))?);
    let long = format!("Sum up. Round {round}. {}", prose(4000, round));
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| speaker.ask(&Question::plain(STORY, 400)));
        std::thread::sleep(Duration::from_secs(2));
        let other = speaker.ask(&Question::plain(&long, 2))?;
        let answer = answer.join().map_err(|_| anyhow::anyhow!("a client died"))??;
        Ok((longest_gap(&answer), alone, millis(other.first()?)))
    })
}

/// Speed while both processors are busy with something else, as a part of the quiet speed.
pub(crate) fn busy(root: &Path) -> Result<Vec<Figure>> {
    let field = Field::prepare(root)?;
    let peers = field.start_peers()?;
    let (mut own, mut others) = (Vec::new(), vec![Vec::new(); peers.len()]);
    for _ in 0..RUNS {
        own.push(kept_when_busy(&field.ours)?);
        for (peer, parts) in peers.iter().zip(&mut others) {
            parts.push(kept_when_busy(peer)?);
        }
    }
    let mut figures = vec![Figure::of("speed on a busy machine, of quiet", "", own)?.at_least(0.4)];
    for (peer, parts) in peers.iter().zip(others) {
        figures.push(Figure::of(&format!("{}, the same", peer.name), "", parts)?);
    }
    Ok(figures)
}

fn kept_when_busy(speaker: &impl Speaker) -> Result<f64> {
    let quiet = rate(speaker, 1, TOKENS / 2, STORY)?;
    Ok(while_busy(|| rate(speaker, 1, TOKENS / 2, STORY))? / quiet)
}

fn while_busy<T>(measured: impl FnOnce() -> Result<T>) -> Result<T> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let result = measured();
        stop.store(true, Ordering::Relaxed);
        result
    })
}

/// Seconds to the first token of an agent with a prompt of about 1,500 tokens.
pub(crate) fn first_token(root: &Path) -> Result<Vec<Figure>> {
    let mut field = Field::prepare(root)?;
    let (mut warm, mut again, mut more) = (Vec::new(), Vec::new(), Vec::new());
    let (mut own, mut saves) = (0.0, Vec::new());
    field.ours.keep_agent()?;
    for round in 0..RUNS {
        let question = |n: usize| Question::to_agent(&format!("What is {round} and {n}?"), 4);
        field.ours.restart()?;
        let ours = &field.ours;
        ours.ask(&Question::plain("Hi", 1))?;
        again.push(seconds(ours.ask(&question(1))?.first()?));
        warm.push(seconds(ours.ask(&question(2))?.first()?));
        let speed = field.bare_loop(1)?.prompt;
        more.push(0.4 + ours.own_tokens(&question(3))? / speed);
        own = ours.own_tokens(&question(4))?;
        saves.push(ours.longest_save()?);
    }
    let agent =
        |n: usize| Question { system: Some(ours::prompt()), ..Question::plain(&format!("And {n}?"), 4) };
    let mut others = Vec::new();
    for peer in &field.peers {
        let (mut cold, mut warm) = (Vec::new(), Vec::new());
        for round in 0..FEW {
            let running = peer.start()?;
            running.ask(&Question::plain("Hi", 1))?;
            cold.push(seconds(running.ask(&agent(round))?.first()?));
            warm.push(seconds(running.ask(&agent(round + 10))?.first()?));
        }
        others.push(Figure::of(&format!("{}, after a restart", peer.name), "s", cold)?);
        others.push(Figure::of(&format!("{}, again", peer.name), "s", warm)?);
    }
    let kept = field.ours.kept()?;
    let bar = Figure::of("bar: 0.4 s and the time of own tokens", "s", more)?;
    let limit = bar.median;
    let mut figures = vec![
        Figure::of("agent of 1,500 tokens, after a restart", "s", again)?.at_most(limit),
        Figure::of("agent of 1,500 tokens, again", "s", warm)?.at_most(limit),
        bar,
        Figure::of("its own tokens, beside the agent's", "tokens", vec![own])?,
        Figure::of("longest hold-up by saving", "ms", saves)?.at_most(20.0),
        Figure::of("a kept token on disk", "KiB", vec![kept])?,
    ];
    figures.extend(others);
    Ok(figures)
}

/// The weights of a model in the cache.
pub(crate) fn weights(cache: &Path, model: &str) -> Result<std::path::PathBuf> {
    let folder = cache.join(model);
    let mut files = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let gguf = files.find_map(|file| {
        Some(file.ok()?.path()).filter(|path| path.extension().is_some_and(|e| e == "gguf"))
    });
    gguf.with_context(|| format!("no GGUF in {}", folder.display()))
}

/// English of about so many tokens; another one for each seed.
pub(crate) fn prose(tokens: usize, seed: usize) -> String {
    const WORDS: [&str; 16] = [
        "river", "stone", "house", "green", "seven", "paper", "early", "north", "table", "winter", "music",
        "bread", "quiet", "light", "garden", "letter",
    ];
    // One word and its space are one token in the vocabularies of today.
    let word = |n: usize| WORDS.get((n * 7 + n / 16 + seed * 5) % WORDS.len()).copied().unwrap_or_default();
    (0..tokens).map(word).collect::<Vec<_>>().join(" ")
}

fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// A port that nobody listens on at this moment, and a log for whoever will.
fn log_file(name: &str) -> Result<std::fs::File> {
    let folder = host::cache().join("bench");
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::File::create(folder.join(name))?)
}
