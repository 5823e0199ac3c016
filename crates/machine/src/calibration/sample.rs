//! What is timed of a way of computing, and what that means for a typical request.

use std::time::Duration;

/// A trial reads a prompt in so many pieces.
pub const PIECES: usize = 16;
/// Tokens of each of them: about as many as in a question to an agent, whose own prompt is known. No step takes longer than
/// somebody who asks just then would mind, and together they are long enough for ways to differ that are alike behind a
/// few tokens.
pub const PIECE: u32 = 16;
/// The pieces are dealt to so many answers, which are then written together.
pub const ANSWERS: usize = 4;
/// So many tokens are written behind them by one answer alone,
pub const WRITTEN: usize = 8;
/// and then so many by each of the answers.
pub const ROWS: usize = 8;

/// The typical request that ways are compared by: tokens of its prompt that are not known, and tokens of its answer. Half of
/// these it writes alone, half beside others.
const TYPICAL: (u32, u32) = (200, 200);

/// What the steps of a trial took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Each piece of the prompt, behind those before it.
    pub read: [Duration; PIECES],
    /// One token of one answer, at best.
    pub written: Duration,
    /// One token of each of [`ANSWERS`] answers, at best.
    pub together: Duration,
}

impl Default for Sample {
    /// What is not timed yet.
    fn default() -> Self {
        Self { read: [Duration::MAX; PIECES], written: Duration::MAX, together: Duration::MAX }
    }
}

impl Sample {
    /// The better of both, step by step: what else goes on makes a step longer, never shorter, and seldom the same step twice.
    pub(super) fn merge(mut self, other: Self) -> Self {
        for (best, again) in self.read.iter_mut().zip(other.read) {
            *best = (*best).min(again);
        }
        Self {
            read: self.read,
            written: self.written.min(other.written),
            together: self.together.min(other.together),
        }
    }

    /// A token of a prompt.
    pub(super) fn token_read(&self) -> Duration {
        let sum = self.read.iter().fold(Duration::ZERO, |sum, piece| sum.saturating_add(*piece));
        sum / u32::try_from(PIECES).unwrap_or(u32::MAX) / PIECE
    }

    /// A typical request.
    pub(super) fn typical(&self) -> Duration {
        let (read, written) = TYPICAL;
        let together = self.together / u32::try_from(ANSWERS).unwrap_or(u32::MAX);
        let answer =
            self.written.saturating_mul(written / 2).saturating_add(together.saturating_mul(written / 2));
        self.token_read().saturating_mul(read).saturating_add(answer)
    }
}
