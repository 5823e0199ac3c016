//! How much of a prompt to compute in one step: by time, so that running answers keep flowing on any machine.

use std::time::Duration;

use crate::{Costs, Writers};

/// The longest pause of an answer that is promised, less what lies around a step. A step that others wait for, who get
/// their own next token by it, is expected to take so much less that it keeps to this also on a bad moment of the machine.
/// Where a step is slow that only writes, it may not: then reading takes half as long as writing, so that whoever asks
/// second is not made to wait for the first one's end.
const LONGEST: Duration = Duration::from_millis(230);
/// How many times as long as expected steps take at worst, in thousandths: on the steadiest machine that is believed in,
/// before anything was seen, and at most.
const STEADY: u32 = 1_300;
const UNKNOWN: u32 = 2_000;
const UNSTEADY: u32 = 3_000;
/// A surprise is forgotten by so many parts of it with each step: half of it in some twenty seconds. A machine that stalls
/// now and then does it again.
const FORGOTTEN: u32 = 256;
/// When nobody else waits: a step that took longer on a machine that has become slow is made smaller.
const ALONE: Duration = Duration::from_secs(6);
/// However slow the machine, prompts get on by so much, beside others and alone.
const LEAST_SHARED: u32 = 2;
const LEAST: u32 = 16;
/// Before anything was measured.
const FIRST_SHARED: u32 = 8;
/// Smaller steps say of the cost of a token only whether so many may be tried.
const TELLING: u32 = 4;

/// Costs before anything was measured.
const FIRST: Costs = Costs { read: Duration::from_millis(8), write: Duration::from_millis(30) };

/// Measured costs of tokens.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The usual piece of a prompt when nobody else waits.
    piece: u32,
    per_token: Option<Duration>,
    per_written: Option<Duration>,
    /// A small piece took too long: whether this was for the piece or for what was written beside it is to be found out.
    is_unsure: bool,
    /// How much longer than expected steps took at worst of late, in thousandths.
    surprise: u32,
}

impl Pace {
    /// Nothing was measured yet; `piece` is how much of a prompt one step computes when nobody else waits.
    pub fn new(piece: u32) -> Self {
        Self { piece, per_token: None, per_written: None, is_unsure: false, surprise: UNKNOWN }
    }

    /// Tokens of prompts for the next step, at most `limit`; nothing when a step that only writes is to be seen first.
    pub fn chunk(&self, writers: Writers, limit: u32) -> u32 {
        let served = u32::try_from(writers.served).unwrap_or(u32::MAX);
        if self.is_unsure && served > 0 {
            return 0;
        }
        let shared = |budget: Duration| {
            let room = self.room(budget, served);
            self.per_token.map_or(FIRST_SHARED, |cost| fit(room, cost)).max(LEAST_SHARED)
        };
        let wanted = match writers {
            // Always the same, but for the worst of days: the last digits of results depend on the size of a piece.
            Writers { served: 0, waiting: 0 } => {
                self.piece.min(self.per_token.map_or(u32::MAX, |cost| fit(ALONE, cost))).max(LEAST)
            }
            Writers { waiting: 0, .. } => shared(self.budget()),
            // While only those of another group wait, for whom their own step comes on top.
            Writers { .. } => shared(self.budget() * 3 / 4),
        };
        wanted.min(limit)
    }

    /// What a token costs.
    pub fn costs(&self) -> Costs {
        Costs { read: self.per_token.unwrap_or(FIRST.read), write: self.per_written.unwrap_or(FIRST.write) }
    }

    /// How long a step that others wait for is expected to take.
    fn budget(&self) -> Duration {
        LONGEST * 1_000 / self.surprise
    }

    /// Time for prompts in a step that others wait for: what writing leaves, and half as long as writing takes at least.
    fn room(&self, budget: Duration, written: u32) -> Duration {
        let writing = |tokens: u32| self.per_written.unwrap_or_default().saturating_mul(tokens);
        budget.saturating_sub(writing(written)).max(writing(written.max(1)) / 2).max(budget / 4)
    }

    /// Notes that a step that only wrote so many tokens took so long.
    pub fn observe_writing(&mut self, tokens: u32, took: Duration) {
        self.is_unsure = false;
        let cost = took / tokens.max(1);
        self.per_written = Some(self.per_written.map_or(cost, |old| (old * 7 + cost) / 8));
    }

    /// Notes that a step with so many tokens of answers and of prompts took so long.
    pub fn observe(&mut self, written: u32, read: u32, took: Duration) {
        if read == 0 {
            return;
        }
        if let Some(most) = took.checked_div(written) {
            self.per_written = self.per_written.map(|cost| cost.min(most));
        }
        let writing = self.per_written.unwrap_or_default().saturating_mul(written);
        let room = self.room(self.budget(), written);
        let is_late = took > writing + room;
        if read < TELLING && !is_late {
            // However dear a token seemed, a few more can be tried.
            self.per_token = self.per_token.map(|cost| cost.min(room / TELLING));
            return;
        }
        if let Some(cost) = self.per_token {
            self.wonder(took, writing + cost * read);
        }
        self.is_unsure = is_late && written > 0 && read <= TELLING;
        // Nothing is free, however long writing took when it was seen alone.
        let least = took / written.saturating_add(read) * 2 / 3;
        let cost = (took.saturating_sub(writing) / read).max(least);
        // Bad news counts at once and good news by and by: a machine that has become slow is likely to stay so for a while.
        self.per_token = Some(self.per_token.map_or(cost, |old| cost.max((old * 3 + cost) / 4)));
    }

    /// Notes how much longer than expected a step took.
    fn wonder(&mut self, took: Duration, expected: Duration) {
        let ratio = took.as_nanos().saturating_mul(1_000) / expected.as_nanos().max(1);
        let ratio = u32::try_from(ratio).unwrap_or(UNSTEADY).min(UNSTEADY);
        let faded = self.surprise - self.surprise.saturating_sub(STEADY).div_ceil(FORGOTTEN);
        self.surprise = faded.max(ratio);
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
        pace.observe(0, 100, Duration::from_secs(100) / tokens_per_second);
        pace
    }

    #[test]
    fn the_first_steps_are_small() {
        assert_eq!(Pace::new(128).chunk(WRITING, 512), 8);
        assert_eq!(Pace::new(128).chunk(NOBODY, 512), 128);
    }

    #[test]
    fn a_step_that_others_wait_for_fits_its_time() {
        assert_eq!(at(100).chunk(WRITING, 512), 11);
        assert_eq!(at(10_000).chunk(WRITING, 512), 512);
    }

    #[test]
    fn what_is_written_takes_its_time_from_what_is_read() {
        let mut pace = at(100);
        pace.observe_writing(2, Duration::from_millis(60));
        assert_eq!(pace.chunk(WRITING, 512), 5);
        pace.observe(2, 5, Duration::from_millis(110));
        assert_eq!(pace.chunk(WRITING, 512), 5, "a step took what it was to take");
        pace.observe(2, 5, Duration::from_millis(380));
        assert_eq!(pace.chunk(WRITING, 512), 2);
    }

    #[test]
    fn writing_that_became_cheap_does_not_make_reading_free() {
        let mut pace = at(100);
        pace.observe_writing(1, Duration::from_millis(500));
        for _ in 0..10 {
            pace.observe(1, 9, Duration::from_millis(100));
        }
        assert!(pace.chunk(Writers { served: 1, waiting: 0 }, 512) < 20);
    }

    #[test]
    fn a_step_that_another_group_waits_for_is_shorter() {
        assert_eq!(at(200).chunk(Writers { served: 0, waiting: 1 }, 512), 17);
        assert_eq!(at(200).chunk(Writers { served: 3, waiting: 1 }, 512), 17);
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
        assert_eq!(at(1).chunk(WRITING, 512), LEAST_SHARED);
        assert_eq!(at(1).chunk(NOBODY, 512), LEAST);
    }

    #[test]
    fn small_steps_teach_nothing_unless_they_are_slow() {
        let mut pace = at(100);
        pace.observe(0, 2, Duration::from_millis(100));
        assert_eq!(pace.chunk(WRITING, 512), 11);
        pace.observe(0, 2, Duration::from_millis(220));
        assert_eq!(pace.chunk(WRITING, 512), LEAST_SHARED);
    }

    #[test]
    fn pieces_grow_again_when_small_ones_are_in_time() {
        let mut pace = at(1);
        for _ in 0..30 {
            let tokens = pace.chunk(WRITING, 512);
            pace.observe(2, tokens, Duration::from_millis(60 + 5 * u64::from(tokens)));
        }
        let tokens = pace.chunk(WRITING, 512);
        assert!((8..=24).contains(&tokens), "{tokens}");
    }

    #[test]
    fn the_steadier_the_machine_the_longer_the_pieces() {
        let sizes = [1, 2].map(|worst| {
            let mut pace = at(200);
            for step in 0..1_000 {
                let tokens = pace.chunk(WRITING, 512);
                let slowness = if step % 20 == 7 { worst } else { 1 };
                pace.observe(2, tokens, Duration::from_millis(5) * tokens * slowness);
            }
            let longest = Duration::from_millis(5) * pace.chunk(WRITING, 512) * worst;
            assert!(longest <= LONGEST, "{longest:?}");
            pace.chunk(WRITING, 512)
        });
        assert!(sizes[0] >= 30 && (8..=23).contains(&sizes[1]), "{sizes:?}");
    }

    #[test]
    fn where_writing_is_slow_reading_takes_half_as_long() {
        let mut pace = at(100);
        pace.observe_writing(2, Duration::from_millis(300));
        assert_eq!(pace.chunk(WRITING, 512), 15);
        assert_eq!(pace.chunk(Writers { served: 0, waiting: 1 }, 512), 8);
    }

    #[test]
    fn after_a_late_small_piece_a_step_writes_only_and_shows_what_that_costs() {
        let mut pace = at(1);
        pace.observe_writing(2, Duration::from_millis(60));
        pace.observe(2, 2, Duration::from_millis(400));
        assert_eq!(pace.chunk(WRITING, 512), 0);
        assert_eq!(pace.chunk(NOBODY, 512), LEAST, "nobody writes");
        assert_eq!(
            pace.chunk(Writers { served: 0, waiting: 1 }, 512),
            LEAST_SHARED,
            "nothing is written by this step"
        );
        for _ in 0..20 {
            pace.observe_writing(2, Duration::from_millis(360));
        }
        pace.observe(2, 2, Duration::from_millis(400));
        assert_eq!(pace.chunk(WRITING, 512), TELLING, "writing is what takes long");
    }

    #[test]
    fn bad_news_counts_at_once_and_good_news_by_and_by() {
        let mut pace = at(100);
        pace.observe(0, 100, Duration::from_secs(4));
        assert_eq!(pace.chunk(WRITING, 512), 2);
        let mut sizes = Vec::new();
        for _ in 0..8 {
            pace.observe(0, 100, Duration::from_secs(1));
            sizes.push(pace.chunk(WRITING, 512));
        }
        assert!(sizes.is_sorted() && sizes[0] < 5 && sizes[7] >= 5, "{sizes:?}");
    }

    #[test]
    fn costs_follow_what_was_measured() {
        let mut pace = Pace::new(128);
        assert_eq!(pace.costs(), FIRST);
        pace.observe(0, 100, Duration::from_millis(500));
        pace.observe_writing(4, Duration::from_millis(80));
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
