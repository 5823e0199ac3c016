//! Which way of computing is fastest here: tried once for each model and processor, when there is nothing else to do. The
//! model is then loaded again, to compute so from the next request on.
//!
//! Flash attention helps or hurts by up to five times, depending on the processor, on how much is computed at once and
//! behind how much; and one thread for each core can be faster than one for each of its hardware threads. Neither can be
//! known without trying.

mod sample;
mod shelf;
mod way;

use std::time::Duration;

pub use sample::{ANSWERS, PIECE, PIECES, ROWS, Sample, WRITTEN};
pub use shelf::{Machinery, load, store};
pub use way::Way;

/// Another way than the usual one must be so much faster, in percent: below that it is noise.
const GAIN: u32 = 10;
/// Every way is tried so often; of each step the best time counts.
const ROUNDS: usize = 3;

/// How long a step may take when nobody else waits; short enough for a cancel to be felt soon.
const STEP: Duration = Duration::from_millis(1500);
/// Pieces of prompts have one of these sizes, and those between that are powers of two.
const SMALLEST: u32 = 32;
const LARGEST: u32 = 128;

/// The ways that are being tried.
#[derive(Clone, Debug)]
pub struct Trials {
    ways: Vec<(Way, Option<Sample>)>,
    done: usize,
}

impl Trials {
    /// With `granted` threads: flash attention off and on, and also half of the threads when there are more than two.
    /// The usual way comes first.
    pub fn new(granted: u32) -> Self {
        let threads = if granted > 2 { vec![granted, granted.div_ceil(2)] } else { vec![granted] };
        let ways = threads.into_iter().flat_map(|threads| {
            [false, true].map(|flash_attention| (Way { flash_attention, threads, piece: SMALLEST }, None))
        });
        Self { ways: ways.collect(), done: 0 }
    }

    /// The way to be tried next; nothing when all were tried. They take turns, so that a machine that slows down slows
    /// all.
    pub fn next(&self) -> Option<Way> {
        let at = self.done.checked_rem(self.ways.len())?;
        (self.done < ROUNDS * self.ways.len()).then(|| self.ways.get(at).map(|(way, _)| *way)).flatten()
    }

    /// Notes how the way that was next did; nothing when it cannot be computed so.
    pub fn record(&mut self, sample: Option<Sample>) {
        if let Some(at) = self.done.checked_rem(self.ways.len())
            && let Some((_, best)) = self.ways.get_mut(at)
            && let Some(sample) = sample
        {
            *best = Some(best.map_or(sample, |best| best.merge(sample)));
        }
        self.done += 1;
    }

    /// The fastest way; the usual one unless another is clearly faster.
    pub fn verdict(&self) -> Option<Way> {
        let mut measured = self.ways.iter().filter_map(|(way, best)| Some((*way, (*best)?)));
        let usual = measured.next()?;
        let enough = usual.1.typical() * (100 - GAIN) / 100;
        let fastest = measured.min_by_key(|(_, best)| best.typical());
        let (way, sample) = fastest.filter(|(_, best)| best.typical() < enough).unwrap_or(usual);
        Some(Way { piece: piece(sample.token_read()), ..way })
    }
}

/// The largest piece that one step can compute in time, at so much a token.
fn piece(cost: Duration) -> u32 {
    let most = STEP.as_nanos() / cost.as_nanos().max(1);
    let most = u32::try_from(most).unwrap_or(u32::MAX).clamp(SMALLEST, LARGEST);
    1 << most.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Way = Way { flash_attention: false, threads: 2, piece: SMALLEST };
    const OTHER: Way = Way { flash_attention: true, threads: 2, piece: SMALLEST };

    /// But for the size of pieces.
    fn known(way: Way) -> Way {
        Way { piece: SMALLEST, ..way }
    }

    fn sample(millis: u64) -> Sample {
        let took = Duration::from_millis(millis);
        Sample { read: [took * PIECE; PIECES], written: took, together: took * 4 }
    }

    /// Two ways with the times of each round.
    fn tried(usual: [u64; ROUNDS], other: [u64; ROUNDS]) -> Trials {
        let mut trials = Trials::new(2);
        for (usual, other) in usual.into_iter().zip(other) {
            assert_eq!(trials.next(), Some(USUAL));
            trials.record(Some(sample(usual)));
            assert_eq!(trials.next(), Some(OTHER));
            trials.record(Some(sample(other)));
        }
        assert_eq!(trials.next(), None);
        trials
    }

    #[test]
    fn the_usual_way_stays_unless_another_is_clearly_faster() {
        assert_eq!(tried([10, 10, 10], [10, 10, 10]).verdict().map(known), Some(USUAL));
        assert_eq!(tried([10, 10, 10], [9, 9, 9]).verdict().map(known), Some(USUAL));
        assert_eq!(tried([10, 10, 10], [8, 8, 8]).verdict().map(known), Some(OTHER));
    }

    #[test]
    fn one_bad_moment_does_not_decide() {
        assert_eq!(tried([100, 10, 10], [9, 50, 50]).verdict().map(known), Some(USUAL));
    }

    #[test]
    fn a_busy_machine_does_not_decide_either() {
        // Something else goes on in every round, each time beside other steps.
        let round = |took: u64, busy: usize| {
            let mut sample = sample(took);
            for step in &mut sample.read[busy * 5..][..6] {
                *step *= 9;
            }
            sample
        };
        let mut trials = Trials::new(2);
        for busy in 0..ROUNDS {
            trials.record(Some(round(10, busy)));
            trials.record(Some(round(8, (busy + 1) % ROUNDS)));
        }
        assert_eq!(trials.verdict().map(known), Some(OTHER));
    }

    #[test]
    fn answers_that_are_written_together_count_like_one_alone() {
        let mut trials = Trials::new(2);
        for _ in 0..ROUNDS {
            trials.record(Some(sample(10)));
            trials.record(Some(Sample { together: Duration::from_millis(20), ..sample(10) }));
        }
        assert_eq!(trials.verdict().map(known), Some(OTHER));
    }

    #[test]
    fn a_way_that_cannot_be_computed_is_not_chosen() {
        let mut trials = Trials::new(2);
        while let Some(way) = trials.next() {
            trials.record((way == USUAL).then(|| sample(10)));
        }
        assert_eq!(trials.verdict().map(known), Some(USUAL));
        let mut trials = Trials::new(2);
        while trials.next().is_some() {
            trials.record(None);
        }
        assert_eq!(trials.verdict(), None);
    }

    #[test]
    fn pieces_are_powers_of_two_that_take_a_moment() {
        let cost = |micros: u64| piece(Duration::from_micros(micros));
        assert_eq!(
            [cost(100_000), cost(20_000), cost(10_000), cost(5_000), cost(1)],
            [32, 64, 128, 128, 128]
        );
        assert_eq!(tried([10, 10, 10], [10, 10, 10]).verdict().map(|way| way.piece), Some(128));
    }

    #[test]
    fn half_of_many_threads_are_tried_too() {
        let trials = Trials::new(8);
        let threads: Vec<u32> = trials.ways.iter().map(|(way, _)| way.threads).collect();
        assert_eq!(threads, [8, 8, 4, 4]);
    }
}
