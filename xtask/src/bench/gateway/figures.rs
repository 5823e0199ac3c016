//! From laps to figures, and what we promise of ours.

use anyhow::{Context as _, Result};

use super::lap::{Lap, Pace};
use super::{IN_MEMORY, OURS};
use crate::bench::report::Figure;

/// Seconds of processor time for 1,000 requests, everything on.
const PROCESSOR: f64 = 0.35;
/// Milliseconds that are added to an answer.
const HALF: f64 = 0.5;
const TAIL: f64 = 2.0;
/// Milliseconds that are added to the time until the first piece.
const FIRST_ALONE: f64 = 2.0;
const FIRST_TOGETHER: f64 = 10.0;
/// Whoever can do less than so many times what is asked has a queue that grows or hardly shrinks.
const SPARE: f64 = 1.1;
/// Of streams, a second.
const TOKENS: f64 = 80_000.0;

/// All laps of one gateway beside those of nobody between, round by round.
struct Rows<'a> {
    name: &'a str,
    laps: Vec<&'a Lap>,
    straight: &'a [&'a Lap],
    /// Requests a second that are kept up with, when these are hardly more than were asked.
    saturated: Option<f64>,
}

/// The figures of laps in any order. The first gateway is nobody between.
pub(super) fn all(laps: &[Lap], per_second: u32) -> Result<Vec<Figure>> {
    let mut names: Vec<&str> = Vec::new();
    for lap in laps {
        if !names.contains(&lap.gateway.as_str()) {
            names.push(&lap.gateway);
        }
    }
    let of = |name: &str| laps.iter().filter(|lap| lap.gateway == name).collect::<Vec<_>>();
    let straight_name = *names.first().context("nothing was measured")?;
    let straight = of(straight_name);
    let mut figures = Vec::new();
    for name in &names {
        figures.extend(Rows::new(name, of(name), &straight, per_second)?.figures()?);
    }
    let is_peer = |name: &&str| ![straight_name, OURS, IN_MEMORY].contains(name);
    let peers: Vec<&str> = names.into_iter().filter(is_peer).collect();
    let ours = of(OURS);
    if !peers.is_empty() && !ours.is_empty() {
        let peers: Vec<Vec<&Lap>> = peers.iter().map(|name| of(name)).collect();
        figures.push(beside("requests", &ours, &peers, |lap| lap.whole.processor)?.at_most(1.0));
        figures
            .push(beside("as many as it can", &ours, &peers, |lap| lap.processor_at_capacity)?.at_most(1.0));
        figures.push(beside("streams", &ours, &peers, |lap| lap.stream.processor)?);
    }
    Ok(figures)
}

/// Our processor time as a part of the most frugal peer's, round by round.
fn beside(what: &str, ours: &[&Lap], peers: &[Vec<&Lap>], value: fn(&Lap) -> Option<f64>) -> Result<Figure> {
    let least = |round: usize| {
        let all = peers.iter().filter_map(|laps| value(laps.get(round)?));
        all.min_by(f64::total_cmp)
    };
    let parts = ours.iter().enumerate().filter_map(|(round, lap)| Some(value(lap)? / least(round)?));
    Figure::of(&format!("hutong: processor for {what}, of the least of a peer"), "", parts.collect())
}

impl<'a> Rows<'a> {
    fn new(name: &'a str, laps: Vec<&'a Lap>, straight: &'a [&'a Lap], per_second: u32) -> Result<Self> {
        let capacity = Figure::of("", "", laps.iter().map(|lap| lap.capacity).collect())?.median;
        let saturated = (capacity < SPARE * f64::from(per_second)).then_some(capacity);
        Ok(Self { name, laps, straight, saturated })
    }

    fn figures(&self) -> Result<Vec<Figure>> {
        let is_ours = self.name == OURS;
        let bar = |figure: Figure, bar: f64| if is_ours { figure.at_most(bar) } else { figure };
        if self.laps.iter().all(|lap| lap.resident.is_none()) {
            return self.nobody_between();
        }
        let mut figures = vec![
            bar(self.spent("processor, 1,000 requests", |lap| &lap.whole)?, PROCESSOR),
            self.spent("processor, 1,000 streams", |lap| &lap.stream)?,
            bar(self.added("added to an answer, p50", |lap| lap.whole.p50)?, HALF),
            bar(self.added("added to an answer, p99", |lap| lap.whole.p99)?, TAIL),
            self.added("added to a whole stream, p50", |lap| lap.stream.p50)?,
            self.added("added to a whole stream, p99", |lap| lap.stream.p99)?,
            self.figure("answers, as many as it can", "1/s", |lap| Some(lap.capacity))?,
            self.figure("processor, 1,000 of these", "s", |lap| lap.processor_at_capacity)?,
            bar(self.added_quietly("added to a first piece, 1 stream", |lap| lap.first_alone)?, FIRST_ALONE),
            bar(
                self.added_quietly("added to a first piece, 64 streams", |lap| lap.first_together)?,
                FIRST_TOGETHER,
            ),
            {
                let tokens = self.figure("relayed tokens, 64 streams", "1/s", |lap| Some(lap.tokens))?;
                if is_ours { tokens.at_least(TOKENS) } else { tokens }
            },
            self.figure("resident, after the load", "MB", |lap| lap.resident)?,
        ];
        if self.laps.iter().any(|lap| lap.confirmed.is_some()) {
            figures.push(self.figure("its disk confirms a write", "ms", |lap| lap.confirmed)?);
        }
        Ok(figures)
    }

    fn nobody_between(&self) -> Result<Vec<Figure>> {
        Ok(vec![
            self.figure("an answer, p50", "ms", |lap| Some(lap.whole.p50))?,
            self.figure("an answer, p99", "ms", |lap| Some(lap.whole.p99))?,
            self.figure("a whole stream, p50", "ms", |lap| Some(lap.stream.p50))?,
            self.figure("a whole stream, p99", "ms", |lap| Some(lap.stream.p99))?,
            self.figure("answers, as many as it can", "1/s", |lap| Some(lap.capacity))?,
            self.figure("first piece, 1 stream", "ms", |lap| Some(lap.first_alone))?,
            self.figure("first piece, 64 streams", "ms", |lap| Some(lap.first_together))?,
            self.figure("tokens, 64 streams", "1/s", |lap| Some(lap.tokens))?,
        ])
    }

    fn spent(&self, what: &str, pace: fn(&Lap) -> &Pace) -> Result<Figure> {
        self.figure(what, "s", |lap| pace(lap).processor)
    }

    /// What is more than straight, in the same round, at the pace: whoever does not keep up with it is named so, since
    /// then it says how long was asked and not how fast it is.
    fn added(&self, what: &str, value: fn(&Lap) -> f64) -> Result<Figure> {
        let figure = self.added_quietly(what, value)?;
        Ok(match self.saturated {
            Some(most) => Figure { figure: format!("{}, SATURATED at {most:.0}/s", figure.figure), ..figure },
            None => figure,
        })
    }

    fn added_quietly(&self, what: &str, value: fn(&Lap) -> f64) -> Result<Figure> {
        let pairs = self.laps.iter().zip(self.straight);
        let values = pairs.map(|(lap, straight)| value(lap) - value(straight)).collect();
        Figure::of(&format!("{}: {what}", self.name), "ms", values)
    }

    fn figure(&self, what: &str, unit: &'static str, value: impl Fn(&Lap) -> Option<f64>) -> Result<Figure> {
        let values = self.laps.iter().filter_map(|lap| value(lap)).collect();
        Figure::of(&format!("{}: {what}", self.name), unit, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lap(gateway: &str, slowness: f64) -> Lap {
        let is_gateway = gateway != "straight";
        let pace =
            Pace { p50: slowness, p99: 2.0 * slowness, processor: is_gateway.then_some(slowness / 10.0) };
        Lap {
            gateway: gateway.to_owned(),
            whole: pace.clone(),
            stream: pace,
            capacity: 1_000.0 / slowness,
            processor_at_capacity: is_gateway.then_some(slowness / 20.0),
            first_alone: slowness,
            first_together: slowness,
            tokens: 100_000.0 / slowness,
            resident: is_gateway.then_some(30.0),
            confirmed: (gateway == OURS).then_some(4.0),
        }
    }

    fn median(figures: &[Figure], name: &str) -> f64 {
        figures.iter().find(|figure| figure.figure == name).unwrap_or_else(|| panic!("{name}")).median
    }

    #[test]
    fn what_is_added_is_added_in_the_same_round() {
        // The machine becomes half as fast.
        let rounds = [("straight", 1.0), ("hutong", 2.0), ("straight", 2.0), ("hutong", 4.0)];
        let laps: Vec<Lap> = rounds.map(|(name, slowness)| lap(name, slowness)).into();
        let figures = all(&laps, 50).unwrap();
        assert_eq!(median(&figures, "hutong: added to an answer, p50"), 1.5);
        assert_eq!(median(&figures, "straight: an answer, p50"), 1.5);
        assert_eq!(median(&figures, "hutong: relayed tokens, 64 streams"), 37_500.0);
    }

    #[test]
    fn ours_is_held_against_the_least_of_the_others() {
        let laps = [lap("straight", 1.0), lap("hutong", 3.0), lap("slow", 12.0), lap("fast", 6.0)];
        let figures = all(&laps, 50).unwrap();
        assert_eq!(median(&figures, "hutong: processor for requests, of the least of a peer"), 0.5);
    }

    #[test]
    fn who_cannot_keep_up_is_named_so() {
        let laps = [lap("straight", 1.0), lap("hutong", 3.0), lap("slow", 25.0)];
        let figures = all(&laps, 50).unwrap();
        assert_eq!(median(&figures, "slow: added to an answer, p50, SATURATED at 40/s"), 24.0);
        assert_eq!(median(&figures, "hutong: added to an answer, p50"), 2.0);
    }
}
