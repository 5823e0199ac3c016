//! Several answers to one question: the first of a family computes the prompt, and the others take it over from its
//! sequence. A model whose states cannot be cut gives nothing of a sequence to another: there each computes its own, or
//! takes what the prefix cache keeps.

use wire::ErrorCode;

use super::Scheduler;
use crate::policy::Wish;
use crate::protocol::{Failure, FromWorker};
use crate::worker::job::needed;
use crate::worker::prepare::Prepared;

impl Scheduler<'_> {
    /// Keeps a request back while its prompt is being computed for the first of its family; gives it back when it need
    /// not wait.
    pub(super) fn hold_back(&mut self, request: Box<Prepared>) -> Option<Box<Prepared>> {
        if self.is_being_read(&request) {
            self.followers.insert(request.id, request);
            return None;
        }
        Some(request)
    }

    /// Puts a request where it waits for its turn.
    pub(super) fn arrive(&mut self, request: Box<Prepared>) {
        let wish = Wish {
            id: request.id,
            member: request.scope.clone().unwrap_or_default(),
            weight: 1,
            memory: needed(&request),
        };
        if self.policy.arrive(wish).is_ok() {
            self.waiting.insert(request.id, request);
            self.admit();
        } else {
            let failure = Failure::new(ErrorCode::Overloaded, "Too many requests wait for this model.");
            self.output.send(&FromWorker::Failed { id: request.id, failure });
        }
    }

    /// Lets those in whose prompt was computed meanwhile, or is not going to be.
    pub(super) fn let_followers_in(&mut self) {
        for (_, request) in std::mem::take(&mut self.followers) {
            if let Some(request) = self.hold_back(request) {
                self.arrive(request);
            }
        }
    }

    fn is_being_read(&self, request: &Prepared) -> bool {
        let Some(family) = request.family.as_ref().filter(|family| family.index > 0) else { return false };
        let leads = |other: &Prepared| {
            other.family.as_ref().is_some_and(|other| other.index == 0 && other.id == family.id)
        };
        let reads = |slot: &super::Slot| {
            let job = slot.job.as_ref().filter(|job| leads(&job.request));
            job.is_some_and(|job| slot.resident.len() < job.request.prompt.len())
        };
        self.waiting.values().any(|other| leads(other)) || self.slots.iter().any(reads)
    }
}
