//! Whoever is alone gets more than one token by a step: guesses are computed behind what was chosen, and those that are
//! chosen then need no step of their own.

use std::collections::VecDeque;

use llama_cpp_4::token::LlamaToken;

use super::{Outcome, Scheduler, add, shelf};

/// Guesses that are in the batch, and what became of them.
#[derive(Debug, Default)]
pub(in crate::worker) struct Guess {
    left: VecDeque<LlamaToken>,
    guessed: usize,
    /// Where the output lies of the token before the first of them.
    behind: Option<i32>,
}

impl Scheduler<'_> {
    /// Adds guesses for an answer behind its next token, which is the last in the batch. Returns how many.
    pub(super) fn add_guesses(&mut self, index: usize) -> usize {
        let Some(slot) = self.slots.get_mut(index) else { return 0 };
        let Some(job) = &mut slot.job else { return 0 };
        let left = job.request.max_output.saturating_sub(job.produced).saturating_sub(1);
        let Some((next, said)) = slot.resident.split_last() else { return 0 };
        let Some(drafter) = &mut job.request.drafter else { return 0 };
        let guess = drafter.guess(said, *next, usize::try_from(left).unwrap_or(0));
        for token in &guess {
            add(&mut self.batch, *token, slot.resident.len(), slot.sequence, true);
            slot.resident.push(*token);
        }
        job.guess = Guess { guessed: guess.len(), left: guess.into(), behind: job.output_at };
        job.guess.guessed
    }

    /// Takes the next token of a sequence, and those after it that were guessed. What was guessed wrong is forgotten.
    pub(super) fn sample_on(&mut self, index: usize) -> Outcome {
        let outcome = loop {
            let outcome = self.sample_one(index);
            if !matches!(outcome, Outcome::GoesOn) || !self.was_guessed(index) {
                break outcome;
            }
        };
        self.forget_guesses(index);
        outcome
    }

    /// True when the token that was just chosen is the one that was guessed: then its output is there already.
    fn was_guessed(&mut self, index: usize) -> bool {
        let job = self.slots.get_mut(index).and_then(|slot| slot.job.as_mut());
        let Some(job) = job.filter(|job| job.next.is_some() && job.guess.left.front() == job.next.as_ref())
        else {
            return false;
        };
        job.next = None;
        job.guess.left.pop_front();
        // Outputs lie in the order of their tokens.
        let right = job.guess.guessed - job.guess.left.len();
        job.output_at = job.guess.behind.and_then(|at| at.checked_add(i32::try_from(right).ok()?));
        job.output_at.is_some()
    }

    fn forget_guesses(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let Some(job) = &mut slot.job else { return };
        let Guess { left, guessed, .. } = std::mem::take(&mut job.guess);
        if guessed == 0 {
            return;
        }
        let right = guessed - left.len();
        if let Some(drafter) = &mut job.request.drafter {
            drafter.learn(guessed, right);
        }
        self.progress.guessed(guessed, right);
        let end = slot.resident.len().saturating_sub(left.len());
        shelf::clear(&mut self.context, slot, end);
    }
}
