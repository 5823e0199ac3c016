//! One adapter at a time is on top of the model: requests with the same one are a group, and a step computes one group.

use std::collections::HashSet;

use queueing::Plan;

use super::{Prepared, Scheduler, Slot, position};
use crate::adapters::Adapter;
use crate::protocol::FromWorker;

impl Scheduler<'_> {
    /// The group of a request: that of any other with the same adapter, or a new one.
    pub(super) fn group_of(&self, request: &Prepared) -> u64 {
        let running = self.slots.iter().filter_map(|slot| Some(slot.job.as_ref()?.request.as_ref()));
        let mut all = self.waiting.values().map(AsRef::as_ref).chain(running);
        all.find(|other| other.root == request.root).map_or(request.id, |other| other.group)
    }

    /// Loads the adapter that a request needs. When that fails the request has failed, and only this one.
    pub(super) fn has_adapter(&mut self, request: &Prepared) -> bool {
        let Some(adapter) = &request.adapter else { return true };
        let in_use = self.slots.iter().filter_map(adapter_of);
        let in_use: HashSet<&str> = in_use.map(|adapter| adapter.sha256.as_str()).collect();
        let Err(failure) = self.adapters.load(&self.context, adapter, &in_use) else { return true };
        self.output.send(&FromWorker::Failed { id: request.id, failure });
        self.policy.leave(request.id);
        false
    }

    /// Puts on top of the model what the requests of a step need. When that fails they have failed.
    pub(super) fn change_to(&mut self, plan: &Plan) -> bool {
        let served = || plan.write.iter().copied().chain(plan.read.iter().map(|(id, _)| *id));
        let first = served().next().and_then(|id| position(&self.slots, id));
        let wanted = first.and_then(|index| self.slots.get(index)).and_then(adapter_of);
        if self.adapters.put_on(&self.context, wanted) {
            return true;
        }
        for id in served() {
            if let Some(index) = position(&self.slots, id) {
                self.fail(index, "The adapter cannot be put on top of the model.");
                self.clear(index);
            }
        }
        false
    }
}

fn adapter_of(slot: &Slot) -> Option<&Adapter> {
    slot.job.as_ref()?.request.adapter.as_ref()
}
