//! How much of a prompt to compute in one step: by time, so that running answers keep flowing on any machine.

use std::time::Duration;

use queueing::{Costs, Writers};

/// While others wait for their next token.
const SHARED: Duration = Duration::from_millis(200);
/// While only those of another group wait, for whom their own step comes on top.
const ASIDE: Duration = Duration::from_millis(150);
/// When nobody else waits: a step that took longer on a machine that has become slow is made smaller.
const ALONE: Duration = Duration::from_secs(6);
/// Below this the fixed cost of a step prevails.
const LEAST: u32 = 16;
/// Before anything was measured.
const FIRST_SHARED: u32 = 32;
/// Smaller steps say little about the cost of a token.
const TELLING: u32 = 8;

/// Costs before anything was measured.
const FIRST: Costs = Costs { read: Duration::from_millis(8), write: Duration::from_millis(30) };

/// Measured costs of tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The usual piece of a prompt when nobody else waits.
    piece: u32,
    per_token: Option<Duration>,
    per_written: Option<Duration>,
}

impl Pace {
    pub(super) fn new(piece: u32) -> Self {
        Self { piece, per_token: None, per_written: None }
    }

    /// Tokens of prompts for the next step, at most `limit`.
    pub(super) fn chunk(&self, writers: Writers, limit: u32) -> u32 {
        let fits = |budget| self.per_token.map(|cost| fit(budget, cost));
        let wanted = match writers {
            // Always the same, but for the worst of days: the last digits of results depend on the size of a piece.
            Writers { served: 0, waiting: 0 } => self.piece.min(fits(ALONE).unwrap_or(u32::MAX)),
            Writers { waiting: 0, .. } => fits(SHARED).unwrap_or(FIRST_SHARED),
            Writers { .. } => fits(ASIDE).unwrap_or(FIRST_SHARED),
        };
        wanted.max(LEAST).min(limit)
    }

    /// What a token costs.
    pub(super) fn costs(&self) -> Costs {
        Costs { read: self.per_token.unwrap_or(FIRST.read), write: self.per_written.unwrap_or(FIRST.write) }
    }

    /// Notes that a step that only wrote so many tokens took so long.
    pub(super) fn observe_writing(&mut self, tokens: u32, took: Duration) {
        let cost = took / tokens.max(1);
        self.per_written = Some(self.per_written.map_or(cost, |old| (old * 7 + cost) / 8));
    }

    /// Notes that a step with so many tokens of prompts took so long.
    pub(super) fn observe(&mut self, tokens: u32, took: Duration) {
        if tokens < TELLING {
            return;
        }
        let cost = took / tokens;
        // Half of the past, half of the news: follows a machine that becomes busy within a few steps.
        self.per_token = Some(self.per_token.map_or(cost, |old| (old + cost) / 2));
    }
}

fn fit(budget: Duration, cost: Duration) -> u32 {
    u32::try_from(budget.as_nanos() / cost.as_nanos().max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Writers = Writers { served: 0, waiting: 0 };
    const WRITING: Writers = Writers { served: 2, waiting: 0 };

    fn at(tokens_per_second: u32) -> Pace {
        let mut pace = Pace::new(128);
        pace.observe(100, Duration::from_secs(100) / tokens_per_second);
        pace
    }

    #[test]
    fn the_first_steps_are_small() {
        assert_eq!(Pace::new(128).chunk(WRITING, 512), 32);
        assert_eq!(Pace::new(128).chunk(NOBODY, 512), 128);
    }

    #[test]
    fn a_step_that_others_wait_for_fits_its_time() {
        assert_eq!(at(100).chunk(WRITING, 512), 20);
        assert_eq!(at(10_000).chunk(WRITING, 512), 512);
    }

    #[test]
    fn a_step_that_another_group_waits_for_is_shorter() {
        assert_eq!(at(200).chunk(Writers { served: 0, waiting: 1 }, 512), 30);
        assert_eq!(at(200).chunk(Writers { served: 3, waiting: 1 }, 512), 30);
    }

    #[test]
    fn when_nobody_waits_pieces_are_the_same_at_any_pace_but_the_slowest() {
        for pace in [30, 100, 1_000, 10_000] {
            assert_eq!(at(pace).chunk(NOBODY, 512), 128);
        }
        assert_eq!(at(10).chunk(NOBODY, 512), 60);
    }

    #[test]
    fn a_slow_machine_still_gets_on() {
        assert_eq!(at(1).chunk(WRITING, 512), LEAST);
    }

    #[test]
    fn small_steps_teach_nothing_and_news_count() {
        let mut pace = at(100);
        pace.observe(4, Duration::from_secs(4));
        assert_eq!(pace.chunk(WRITING, 512), 20);
        pace.observe(100, Duration::from_secs(3));
        assert_eq!(pace.chunk(WRITING, 512), LEAST);
    }

    #[test]
    fn costs_follow_what_was_measured() {
        let mut pace = Pace::new(128);
        assert_eq!(pace.costs(), FIRST);
        pace.observe_writing(4, Duration::from_millis(80));
        pace.observe(100, Duration::from_millis(500));
        assert_eq!(pace.costs(), Costs { read: Duration::from_millis(5), write: Duration::from_millis(20) });
        pace.observe_writing(1, Duration::from_millis(100));
        assert_eq!(pace.costs().write, Duration::from_millis(30));
    }

    #[test]
    fn the_limit_of_a_step_is_kept() {
        assert_eq!(at(100_000).chunk(WRITING, 64), 64);
        assert_eq!(Pace::new(128).chunk(NOBODY, 8), 8);
    }
}
