//! How the last calls to a model went: how many failed, and how fast the others were.

use std::collections::VecDeque;
use std::time::Duration;

use ports::Share;

use crate::breaker::Verdict;

/// Calls that are remembered.
const MOST: usize = 32;
/// With fewer calls nothing is said about how many fail.
const LEAST_CALLS: usize = 5;

/// How one call went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lap {
    /// From the question to the first piece of the answer.
    pub first_token: Option<Duration>,
    /// From the question to the end.
    pub took: Duration,
    /// Tokens of the answer, where the vendor told.
    pub output_tokens: Option<u64>,
}

/// The last calls to a model.
#[derive(Clone, Debug, Default)]
pub struct Record {
    failed: VecDeque<bool>,
    first_token_ms: VecDeque<u32>,
    tokens_per_second: VecDeque<u32>,
}

impl Record {
    /// Takes a call that is over. One that says nothing about the model does not count.
    pub fn add(&mut self, verdict: Verdict, lap: Lap) {
        match verdict {
            Verdict::Works => push(&mut self.failed, false),
            Verdict::Fails => push(&mut self.failed, true),
            Verdict::Nothing => return,
        }
        if let Some(first) = lap.first_token {
            push(&mut self.first_token_ms, u32::try_from(first.as_millis()).unwrap_or(u32::MAX));
            if let Some(speed) = lap.speed(first) {
                push(&mut self.tokens_per_second, speed);
            }
        }
    }

    /// How many failed; nothing when there were too few to say.
    pub fn failed(&self) -> Option<Share> {
        let of = u32::try_from(self.failed.len()).ok()?;
        let part = u32::try_from(self.failed.iter().filter(|failed| **failed).count()).ok()?;
        (self.failed.len() >= LEAST_CALLS).then_some(Share { part, of })
    }

    /// Milliseconds to the first piece.
    pub fn first_token_ms(&self) -> Option<u32> {
        median(&self.first_token_ms)
    }

    /// Tokens in a second after that.
    pub fn tokens_per_second(&self) -> Option<u32> {
        median(&self.tokens_per_second)
    }
}

impl Lap {
    /// Behind the first token; of an answer that came in one piece nothing can be said.
    fn speed(self, first: Duration) -> Option<u32> {
        let rest = self.output_tokens?.checked_sub(1).filter(|rest| *rest > 0)?;
        let millis = self.took.checked_sub(first)?.as_millis();
        let speed = u128::from(rest).saturating_mul(1_000).checked_div(millis)?;
        Some(u32::try_from(speed).unwrap_or(u32::MAX))
    }
}

fn push<T>(queue: &mut VecDeque<T>, value: T) {
    if queue.len() >= MOST {
        queue.pop_front();
    }
    queue.push_back(value);
}

/// The upper one, of an even number.
fn median(values: &VecDeque<u32>) -> Option<u32> {
    let mut sorted: Vec<u32> = values.iter().copied().collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lap(first: u64, took: u64, tokens: u64) -> Lap {
        let millis = Duration::from_millis;
        Lap { first_token: Some(millis(first)), took: millis(took), output_tokens: Some(tokens) }
    }

    #[test]
    fn nothing_is_said_of_too_few_and_old_calls_are_forgotten() {
        let mut record = Record::default();
        for _ in 0..4 {
            record.add(Verdict::Fails, Lap::default());
            record.add(Verdict::Nothing, lap(1, 2, 3));
        }
        assert_eq!((record.failed(), record.first_token_ms()), (None, None));
        record.add(Verdict::Works, lap(100, 1_100, 21));
        assert_eq!(record.failed(), Some(Share { part: 4, of: 5 }));
        assert_eq!((record.first_token_ms(), record.tokens_per_second()), (Some(100), Some(20)));
        for _ in 0..MOST {
            record.add(Verdict::Works, lap(50, 50, 1));
        }
        assert_eq!(record.failed(), Some(Share { part: 0, of: 32 }));
        assert_eq!((record.first_token_ms(), record.tokens_per_second()), (Some(50), Some(20)));
    }
}
