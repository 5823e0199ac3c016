//! Prompts that begin alike and come at the same moment: the beginning is computed once. So are several answers to one
//! question.

use super::{Prepared, Scheduler, Slot, position};
use crate::worker::job::Leader;

/// Another's computing is waited for when it spares so many tokens; that for another answer to the same question always.
const WORTH: usize = 64;

impl Scheduler<'_> {
    /// Lets a request wait while another one computes the beginning of its prompt. False when there is none.
    pub(super) fn follow(&mut self, index: usize) -> bool {
        let Some(slot) = self.slots.get(index) else { return false };
        let Some(job) = &slot.job else { return false };
        let have = slot.resident.len();
        let others = self.slots.iter().enumerate().filter(|(other, _)| *other != index);
        let leaders = others.filter_map(|(_, other)| {
            let until = self.coming(other, &job.request);
            let worth = if other.is_of_family(&job.request) { 1 } else { WORTH };
            let leader = Leader { id: other.job.as_ref()?.request.id, until };
            (until >= have + worth).then_some(leader)
        });
        let Some(leader) = leaders.max_by_key(|leader| leader.until) else { return false };
        self.policy.hold(job.request.id);
        if let Some(job) = self.slots.get_mut(index).and_then(|slot| slot.job.as_mut()) {
            job.follows = Some(leader);
        }
        true
    }

    /// Up to where another sequence will have computed a prompt's beginning soon. A state that cannot be cut is had only
    /// from where it is saved for whoever asks.
    fn coming(&self, other: &Slot, request: &Prepared) -> usize {
        let until = other.coming_prefix(request);
        if !self.shelf.is_whole() {
            return if until > other.resident.len() { until } else { 0 };
        }
        let is_theirs = request.scope.is_some() && other.scope == request.scope;
        let is_had = |edge: &usize| *edge <= until && (is_theirs || *edge <= other.public);
        other.edges.iter().copied().filter(is_had).max().unwrap_or(0)
    }

    /// Lets those go on whose beginning is there, or will not come any more.
    pub(super) fn go_on(&mut self) {
        for index in 0..self.slots.len() {
            let job = self.slots.get(index).and_then(|slot| slot.job.as_ref());
            let Some(Leader { id, until }) = job.and_then(|job| job.follows) else { continue };
            let leader = position(&self.slots, id).and_then(|at| self.slots.get(at));
            let is_saved = |leader: &Slot| !leader.edges.iter().any(|edge| *edge <= until);
            let is_there = |leader: &Slot| {
                leader.resident.len() >= until && (!self.shelf.is_whole() || is_saved(leader))
            };
            if leader.is_some_and(|leader| !is_there(leader)) {
                continue;
            }
            let Some(mut job) = self.slots.get_mut(index).and_then(|slot| slot.job.take()) else { continue };
            job.follows = None;
            job.cached = self.shelf.begin(&mut self.context, &mut self.slots, index, &job.request);
            if let Some(slot) = self.slots.get_mut(index) {
                slot.job = Some(job);
            }
            if !self.follow(index) {
                self.read_on(index);
            }
        }
    }
}
