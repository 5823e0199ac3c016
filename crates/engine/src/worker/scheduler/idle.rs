//! What is done between steps and when nobody waits: saving what was computed, finding out which
//! way of computing is fastest, and computing agents' prompts ahead.

use std::time::Duration;

use queueing::Writers;

use super::{Scheduler, add, shelf};
use crate::protocol::FromWorker;
use crate::worker::shelf::numbers;

/// Whoever has just had an answer is likely to go on: what can wait waits so long.
const QUIET: Duration = Duration::from_secs(2);
/// Until something comes.
const FOREVER: Duration = Duration::from_hours(24);

impl Scheduler<'_> {
    /// Saves at most one unit, so that no answer is held up for longer than a moment.
    pub(super) fn save_between_steps(&mut self) {
        let hurried = !self.policy.is_idle();
        for index in 0..self.slots.len() {
            if self.save_one(index, hurried) {
                return;
            }
        }
    }

    /// How long until there is time for what can wait.
    pub(super) fn leisure_in(&self) -> Duration {
        let quiet = self.clock.monotonic().saturating_sub(self.asked);
        let has_plans = !self.laboratory.is_done() || !self.warm.is_empty();
        if has_plans { QUIET.saturating_sub(quiet) } else { FOREVER }
    }

    /// Saves and empties what those before have left, so that whoever comes alone finds the model's memory as it was at
    /// the start: results depend in their last digits on where in it they lie.
    pub(super) fn settle(&mut self) {
        for index in 0..self.slots.len() {
            while self.save_one(index, false) {}
        }
    }

    /// Does one piece of what can wait. False when there is nothing to do now.
    ///
    /// # Errors
    /// As a step.
    pub(super) fn use_leisure(&mut self) -> Result<bool, ()> {
        for index in 0..self.slots.len() {
            if self.save_one(index, false) {
                return Ok(true);
            }
        }
        if self.clock.monotonic().saturating_sub(self.asked) < QUIET {
            return Ok(false);
        }
        // What is warmed up before the fastest way is known would have to be computed again.
        let Ok(verdict) = self.laboratory.proceed() else { return self.warm_up() };
        self.progress.step();
        if let Some(way) = verdict {
            self.output.send(&FromWorker::Calibrated { way });
        }
        Ok(true)
    }

    /// Saves the next unit of a sequence and empties it when nothing of it would be lost. False when there was nothing
    /// to do.
    fn save_one(&mut self, index: usize, hurried: bool) -> bool {
        let Some(slot) = self.slots.get_mut(index) else { return false };
        if slot.resident.is_empty() {
            return false;
        }
        let saved = self.shelf.save(&mut self.context, slot, hurried);
        let is_free = slot.job.is_none();
        let is_empty = slot.edges.is_empty() && slot.scope.is_none();
        if is_free && (is_empty || self.shelf.has_all(slot)) {
            self.clear(index);
            return true;
        }
        if saved && !is_free && self.shelf.is_whole() {
            // It was held.
            self.read_on(index);
        }
        saved
    }

    /// Computes a piece of an agent's prompt that was not computed before.
    fn warm_up(&mut self) -> Result<bool, ()> {
        let Some(prompt) = self.warm.front() else { return Ok(false) };
        let known = self.shelf.cache().reach(&numbers(prompt));
        let Some(slot) = self.slots.first_mut() else { return Ok(false) };
        let is_begun = slot.root == self.shelf.cache().root() && prompt.starts_with(&slot.resident);
        if known >= prompt.len() || prompt.len() >= usize::try_from(self.kv_tokens).unwrap_or(usize::MAX) {
            self.warm.pop_front();
            return Ok(true);
        }
        if !is_begun || slot.resident.is_empty() {
            shelf::clear(&mut self.context, slot, 0);
            self.shelf.begin_fixed(&mut self.context, slot, prompt);
        }
        if !self.adapters.put_on(&self.context, None) {
            return Ok(false);
        }
        let edge = slot.edges.front().copied().unwrap_or(prompt.len());
        // Nobody writes, and whoever comes meanwhile waits for the step to end.
        let piece = usize::try_from(self.pace.chunk(Writers { served: 0, waiting: 1 }, self.batch_tokens))
            .unwrap_or(0);
        let from = slot.resident.len();
        self.batch.clear();
        for (position, token) in prompt.iter().enumerate().take(edge).skip(from).take(piece) {
            add(&mut self.batch, *token, position, slot.sequence, false);
            slot.resident.push(*token);
        }
        if self.batch.n_tokens() == 0 {
            // Saved as far as it can be.
            self.warm.pop_front();
            return Ok(true);
        }
        self.compute().map(|_| true)
    }

    /// Drops what belongs to a scope, apart from what is being answered.
    pub(super) fn forget(&mut self, scope: &str) {
        for index in 0..self.slots.len() {
            let is_theirs = |slot: &&mut super::Slot| slot.scope.as_deref() == Some(scope);
            let Some(slot) = self.slots.get_mut(index).filter(is_theirs) else { continue };
            slot.edges.retain(|edge| *edge <= slot.public);
            if slot.job.is_none() {
                self.clear(index);
            }
        }
    }
}
