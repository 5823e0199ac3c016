//! Many requests at a glance: how many, how many failed, how long they took, what they cost.

use std::collections::BTreeMap;
use std::time::Duration;

use stdx::Timestamp;
use wire::ErrorCode;

use crate::{Histogram, Quantiles};

/// How far back is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// An hour, by minutes.
    Hour,
    /// A day, by quarters of an hour.
    Day,
    /// Seven days, by pieces of two hours.
    Week,
}

impl Span {
    /// All of it.
    pub fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
        })
    }

    /// How long a look at it is good for: the wider it is, the less of it changes.
    pub fn patience(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => 2,
            Self::Day => 15,
            Self::Week => 60,
        })
    }

    /// A piece of it.
    pub fn step(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => 60,
            Self::Day => 900,
            Self::Week => 7_200,
        })
    }
}

/// As much of a request as is needed for a glance at many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// When it began.
    pub at: Timestamp,
    /// By which way it came.
    pub face: String,
    /// The model.
    pub model: String,
    /// Its provider; absent for this machine.
    pub vendor: Option<String>,
    /// The key it was signed with.
    pub key: Option<String>,
    /// What went wrong.
    pub error: Option<ErrorCode>,
    /// How long the first piece of the answer took.
    pub first_token_ms: Option<u64>,
    /// How long all of it took; absent when it has no whole answer.
    pub took_ms: Option<u64>,
    /// What it cost its member, in micro-units.
    pub micros: i64,
}

/// What requests can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The model.
    Model,
    /// Its provider; the empty name is this machine.
    Vendor,
    /// The key; the empty name is none.
    Key,
    /// The way by which it came.
    Face,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Model, Self::Vendor, Self::Key, Self::Face];

    fn of(self, glance: &Glance) -> &str {
        match self {
            Self::Model => &glance.model,
            Self::Vendor => glance.vendor.as_deref().unwrap_or_default(),
            Self::Key => glance.key.as_deref().unwrap_or_default(),
            Self::Face => &glance.face,
        }
    }
}

/// Some requests together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many there were.
    pub requests: u64,
    /// How many went wrong.
    pub failed: u64,
    /// What they cost their members, in micro-units.
    pub micros: i64,
    /// How long the first pieces of answers took.
    pub first_token: Option<Quantiles>,
    /// How long whole answers took.
    pub took: Option<Quantiles>,
}

/// What there was in a piece of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it begins.
    pub at: Timestamp,
    /// What there was.
    pub sum: Sum,
}

/// Many requests at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// How long a piece is.
    pub step: Duration,
    /// Every piece of the time, also those without a request; the last one is not over.
    pub points: Vec<Point>,
    /// Everything together.
    pub total: Sum,
    /// By each dimension, those with the most requests first.
    pub by: BTreeMap<Dimension, Vec<(String, Sum)>>,
    /// What went wrong, the most frequent first.
    pub errors: Vec<(ErrorCode, u64)>,
}

/// Adds requests up, whatever their order.
#[derive(Clone, Debug)]
pub struct Tally {
    from: Timestamp,
    step: Duration,
    points: Vec<Heap>,
    total: Heap,
    by: BTreeMap<Dimension, BTreeMap<String, Heap>>,
    errors: BTreeMap<&'static str, (ErrorCode, u64)>,
}

#[derive(Clone, Debug, Default)]
struct Heap {
    requests: u64,
    failed: u64,
    micros: i64,
    first_token: Histogram,
    took: Histogram,
}

impl Tally {
    /// Of the time up to `now`, in pieces that begin at whole multiples of themselves.
    pub fn new(span: Span, now: Timestamp) -> Self {
        let step = span.step();
        let step_micros = micros(step).max(1);
        let count = micros(span.length()) / step_micros;
        let last = now.as_micros() / step_micros * step_micros;
        let from = Timestamp::from_micros(last.saturating_sub(step_micros.saturating_mul(count - 1)));
        let points = vec![Heap::default(); usize::try_from(count).unwrap_or(0)];
        let (total, by, errors) = Default::default();
        Self { from, step, points, total, by, errors }
    }

    /// Where the time begins.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// Counts a request; what began before or after the time does not count.
    pub fn add(&mut self, glance: &Glance) {
        let place = glance.at.as_micros().checked_sub(self.from.as_micros());
        let place =
            place.and_then(|micros_in| usize::try_from(micros_in.div_euclid(micros(self.step).max(1))).ok());
        let Some(point) = place.and_then(|place| self.points.get_mut(place)) else { return };
        point.add(glance);
        self.total.add(glance);
        for dimension in Dimension::ALL {
            let (heaps, name) = (self.by.entry(dimension).or_default(), dimension.of(glance));
            // Looked for first: most names were there before, and need no copy.
            match heaps.get_mut(name) {
                Some(heap) => heap.add(glance),
                None => heaps.entry(name.to_owned()).or_default().add(glance),
            }
        }
        if let Some(code) = glance.error {
            self.errors.entry(code.as_str()).or_insert((code, 0)).1 += 1;
        }
    }

    /// What it all comes to.
    pub fn overview(&self) -> Overview {
        let begins = (0_u32..).map(|place| self.from.plus(self.step.saturating_mul(place)));
        let points = begins.zip(&self.points).map(|(at, heap)| Point { at, sum: heap.sum() });
        let sorted = |heaps: &BTreeMap<String, Heap>| {
            let mut sums: Vec<(String, Sum)> =
                heaps.iter().map(|(name, heap)| (name.clone(), heap.sum())).collect();
            sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.requests));
            sums
        };
        let mut errors: Vec<(ErrorCode, u64)> = self.errors.values().copied().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Overview {
            step: self.step,
            points: points.collect(),
            total: self.total.sum(),
            by: self.by.iter().map(|(dimension, heaps)| (*dimension, sorted(heaps))).collect(),
            errors,
        }
    }
}

impl Heap {
    fn add(&mut self, glance: &Glance) {
        self.requests += 1;
        self.failed += u64::from(glance.error.is_some());
        self.micros = self.micros.saturating_add(glance.micros);
        glance.first_token_ms.into_iter().for_each(|millis| self.first_token.add(millis));
        glance.took_ms.into_iter().for_each(|millis| self.took.add(millis));
    }

    fn sum(&self) -> Sum {
        Sum {
            requests: self.requests,
            failed: self.failed,
            micros: self.micros,
            first_token: self.first_token.quantiles(),
            took: self.took.quantiles(),
        }
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T08:00:30Z.
    const NOW: i64 = 1_795_334_430_000_000;

    fn glance(seconds_ago: i64) -> Glance {
        Glance {
            at: Timestamp::from_micros(NOW - seconds_ago * 1_000_000),
            face: "chat/completions".to_owned(),
            model: "m".to_owned(),
            vendor: None,
            key: Some("k".to_owned()),
            error: None,
            first_token_ms: Some(40),
            took_ms: Some(900),
            micros: 7,
        }
    }

    fn names(overview: &Overview, dimension: Dimension) -> Vec<(&str, u64)> {
        overview.by[&dimension].iter().map(|(name, sum)| (name.as_str(), sum.requests)).collect()
    }

    #[test]
    fn an_hour_has_sixty_minutes_and_the_last_one_goes_on() {
        let mut tally = Tally::new(Span::Hour, Timestamp::from_micros(NOW));
        for seconds_ago in [0, 29, 31, 59 * 60, 60 * 60, -60] {
            tally.add(&glance(seconds_ago));
        }
        let overview = tally.overview();
        let counts: Vec<u64> = overview.points.iter().map(|point| point.sum.requests).collect();
        assert_eq!(counts.len(), 60);
        assert_eq!((counts[0], counts[58], counts[59]), (1, 1, 2));
        assert_eq!(overview.points[59].at.to_string(), "2026-11-22T08:00:00Z");
        assert_eq!((overview.total.requests, overview.total.micros), (4, 28));
    }

    #[test]
    fn every_span_ends_now() {
        for (span, pieces) in [(Span::Hour, 60), (Span::Day, 96), (Span::Week, 84)] {
            let mut tally = Tally::new(span, Timestamp::from_micros(NOW));
            tally.add(&glance(0));
            let overview = tally.overview();
            assert_eq!((overview.points.len(), overview.points[pieces - 1].sum.requests), (pieces, 1));
            assert_eq!(overview.points[0].at, tally.from());
        }
    }

    #[test]
    fn they_are_told_apart_and_the_busiest_come_first() {
        let mut tally = Tally::new(Span::Day, Timestamp::from_micros(NOW));
        let busy = ErrorCode::UpstreamBusy;
        tally.add(&Glance { error: Some(busy), first_token_ms: None, took_ms: None, micros: 0, ..glance(1) });
        for model in ["toy/a", "toy/a", "toy/b"] {
            tally.add(&Glance {
                model: model.to_owned(),
                vendor: Some("toy".to_owned()),
                key: None,
                ..glance(2)
            });
        }
        let overview = tally.overview();
        assert_eq!(names(&overview, Dimension::Model), [("toy/a", 2), ("m", 1), ("toy/b", 1)]);
        assert_eq!(names(&overview, Dimension::Vendor), [("toy", 3), ("", 1)]);
        assert_eq!(names(&overview, Dimension::Key), [("", 3), ("k", 1)]);
        assert_eq!(names(&overview, Dimension::Face), [("chat/completions", 4)]);
        assert_eq!(overview.errors, [(busy, 1)]);
        assert_eq!((overview.total.failed, overview.total.took), (1, Some(Quantiles { p50: 900, p95: 900 })));
    }
}
