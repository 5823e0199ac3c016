//! Prompts that begin alike and come at the same moment: the beginning is computed once. So are several answers to one
//! question.

use super::{Scheduler, position};
use crate::worker::job::Leader;

/// Another's computing is waited for when it spares so many tokens; that for another answer to the same question always.
const WORTH: usize = 64;

impl Scheduler<'_> {
    /// Lets a request wait while another one computes the beginning of its prompt. False when there is none.
    pub(super) fn follow(&mut self, index: usize) -> bool {
        // A state that cannot be cut cannot be shared while it is computed.
        let Some(slot) = self.slots.get(index).filter(|_| !self.shelf.is_whole()) else { return false };
        let Some(job) = &slot.job else { return false };
        let have = slot.resident.len();
        let others = self.slots.iter().enumerate().filter(|(other, _)| *other != index);
        let leaders = others.filter_map(|(_, other)| {
            let until = other.coming_prefix(&job.request);
            let worth = if other.is_of_family(&job.request) { 1 } else { WORTH };
            let leader = Leader { id: other.job.as_ref()?.request.id, until };
            (until >= have + worth && until > other.resident.len()).then_some(leader)
        });
        let Some(leader) = leaders.max_by_key(|leader| leader.until) else { return false };
        self.policy.hold(job.request.id);
        if let Some(job) = self.slots.get_mut(index).and_then(|slot| slot.job.as_mut()) {
            job.follows = Some(leader);
        }
        true
    }

    /// Lets those go on whose beginning is there, or will not come any more.
    pub(super) fn go_on(&mut self) {
        for index in 0..self.slots.len() {
            let job = self.slots.get(index).and_then(|slot| slot.job.as_ref());
            let Some(Leader { id, until }) = job.and_then(|job| job.follows) else { continue };
            let leader = position(&self.slots, id).and_then(|at| self.slots.get(at));
            if leader.is_some_and(|leader| leader.resident.len() < until) {
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
