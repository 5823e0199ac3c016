//! From the queue to a sequence.

use std::collections::BTreeMap;

use super::{Scheduler, place};
use crate::protocol::FromWorker;
use crate::worker::job::Job;
use crate::worker::prepare::Prepared;

impl Scheduler<'_> {
    /// Gives sequences to those whose turn it is, and tells the others where they stand.
    pub(super) fn admit(&mut self) {
        loop {
            let Self { policy, slots, waiting, kv_tokens, .. } = self;
            let mut room = None;
            let admitted = policy.admit(|wish| {
                room = waiting.get(&wish.id).and_then(|request| place(slots, request, *kv_tokens));
                room.is_some()
            });
            let Some((id, room)) = admitted.zip(room) else { break };
            for leftover in room.dropped {
                self.clear(leftover);
            }
            if let Some(request) = self.waiting.remove(&id) {
                self.start(room.index, request);
            }
        }
        self.tell_places();
    }

    fn tell_places(&mut self) {
        if self.waiting.is_empty() && self.places.is_empty() {
            return;
        }
        let places: BTreeMap<u64, u32> = self.policy.queue().into_iter().zip(0..).collect();
        for (id, position) in &places {
            if self.places.get(id) != Some(position) {
                let wait = self.forecast.wait(*position, self.policy.running());
                let wait_ms = wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                self.output.send(&FromWorker::Queued { id: *id, position: *position, wait_ms });
            }
        }
        self.places = places;
    }

    fn start(&mut self, index: usize, request: Box<Prepared>) {
        if !self.has_adapter(&request) {
            return;
        }
        let cached = self.shelf.begin(&mut self.context, &mut self.slots, index, &request);
        let now = self.clock.monotonic();
        if let Some(slot) = self.slots.get_mut(index) {
            let id = request.id;
            let job = slot.job.insert(Job::new(request, cached, now));
            self.output.send(&FromWorker::Started { id, usage: job.usage() });
        }
        if !self.follow(index) {
            self.read_on(index);
        }
    }
}
