//! The end of a run: what is stored with it, and what it cost.

use agent::Outcome;
use store::{Batch, Durability, Finish, Scope, Segment, StoreError, Write, events, messages, runs, threads};
use traffic::Came;
use wire::{Cost, Event, Fold, Frame, Run, RunError, Usage};

use super::Drive;
use crate::billing::{self, Ended, HoldSeen};

/// How long to wait before the end of a run is stored again after a failure.
const RETRY_END: std::time::Duration = std::time::Duration::from_secs(2);

impl Drive {
    /// Notes what came of asking a model for the last time.
    pub(super) fn note(&mut self, outcome: &Outcome, used: Usage) {
        let Outcome { state, finish_reason, ref error, .. } = *outcome;
        let error = error.as_ref().map(|error| error.code);
        self.call.over(Came { state, finish: finish_reason, error }, &self.attempts, Some(used));
    }

    /// Says that another model answers than the one that is stored.
    pub(super) fn turned(&self) -> Option<Write> {
        self.has_turned.then(|| runs::set_model(self.actor.scope(), self.run.id, &self.trail.followed.model))
    }

    fn ended<'a>(&'a self, outcome: &'a Outcome) -> Ended<'a> {
        Ended { outcome, attempts: &self.attempts, trail: &self.trail }
    }

    /// The end, in one batch: the last events, the message, the charge, the run's state. When it cannot be stored
    /// (the disk is full, say) the readers are told at once and storing goes on being tried.
    pub(super) async fn finish(&mut self, events: Vec<Event>, outcome: Outcome, used: Usage) {
        let (mut shown, mut unknown, mut seen) = (false, false, HoldSeen::Placed);
        loop {
            match self.store_end(events.clone(), (&outcome, used), seen).await {
                Ok(frames) if !shown => {
                    self.live.log.publish(frames);
                    break;
                }
                Ok(_) => break,
                // The batch whose answer was lost was kept: readers come back and find the end where it is stored.
                Err(StoreError::Expectation { name: events::NEXT | runs::LIVE }) if unknown => break,
                // Its time was over.
                Err(error) if billing::is_outdated(&error) => seen = HoldSeen::Stored,
                Err(
                    error @ (StoreError::DiskFull
                    | StoreError::Overloaded
                    | StoreError::Unreachable(_)
                    | StoreError::Unknown(_)),
                ) => {
                    unknown |= matches!(error, StoreError::Unknown(_));
                    tracing::warn!(run = %self.run.id, cause = %error, "the end of a run cannot be stored yet");
                    if !shown {
                        self.tell_unstored(&outcome);
                        shown = true;
                    }
                    if self.app.tasks.is_closed() {
                        break;
                    }
                    tokio::time::sleep(RETRY_END).await;
                }
                Err(error) => {
                    tracing::error!(run = %self.run.id, cause = %error, "the end of a run was not stored");
                    if !shown {
                        self.tell_unstored(&outcome);
                    }
                    self.settle_alone(&outcome, used).await;
                    break;
                }
            }
        }
    }

    /// A run whose thread was deleted meanwhile has no end that could be stored; what it cost is owed all the same.
    async fn settle_alone(&mut self, outcome: &Outcome, used: Usage) {
        let Some(charge) = &self.charge else { return };
        let last = Outcome { usage: used, ..outcome.clone() };
        if let Err(error) = billing::store_bill(&self.app, charge, self.ended(&last)).await {
            tracing::error!(run = %self.run.id, %error, "a run was not settled; its time will be over");
        }
    }

    /// Stores the end and answers with the events that are to be shown.
    async fn store_end(
        &mut self,
        mut events: Vec<Event>,
        (outcome, used): (&Outcome, Usage),
        seen: HoldSeen,
    ) -> Result<Vec<Frame>, StoreError> {
        // What steps before used is settled.
        let last = Outcome { usage: used, ..outcome.clone() };
        let bill = match &self.charge {
            Some(charge) => self.app.bill_outcome(charge, self.ended(&last), seen).await?,
            None => None,
        };
        let (cost, settlement) = bill.map(|bill| (bill.cost, bill.writes)).unzip();
        let cost = self.paid_with(cost);
        events.push(finished(outcome, cost));
        let Some(segment) = self.number(events) else { return Ok(Vec::new()) };
        let mut whole = self.stored.clone();
        for frame in segment.frames() {
            whole.apply(frame.seq, &frame.event);
        }
        let at = self.app.clock.now();
        let mut batch = Batch::new(Durability::Full);
        batch.extend(self.turned());
        batch.extend(end_writes(
            self.actor.scope(),
            &self.run,
            &End { segment: &segment, fold: &whole, outcome, at },
        ));
        batch.extend(settlement.unwrap_or_default());
        self.app.db.write(batch).await?;
        if let Some(charge) = &self.charge {
            self.app.noted.spenders.note(charge);
        }
        Ok(segment.frames().to_vec())
    }

    /// Ends the readers' streams with the truth: only what they have seen so far is kept.
    fn tell_unstored(&self, outcome: &Outcome) {
        let error = RunError {
            code: wire::ErrorCode::DiskFull,
            detail: "The end of the answer could not be stored.".to_owned(),
        };
        let outcome = Outcome { state: wire::RunState::Failed, error: Some(error), ..outcome.clone() };
        let seq = self.stored.last_seq() + 1;
        self.live.log.publish(vec![Frame { seq, event: finished(&outcome, None) }]);
        self.live.log.close();
    }
}

/// What is known at the end of a run.
pub(crate) struct End<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) fold: &'a Fold,
    pub(crate) outcome: &'a Outcome,
    pub(crate) at: stdx::Timestamp,
}

/// The writes that end a run, whether it came to its end or a crash did.
pub(crate) fn end_writes(scope: Scope, run: &Run, end: &End<'_>) -> [Write; 4] {
    let done = Finish {
        state: end.outcome.state,
        finish_reason: end.outcome.finish_reason,
        usage: Some(end.outcome.usage),
        timings: Some(end.outcome.timings),
        error: end.outcome.error.clone(),
        at: end.at,
    };
    [
        events::append(scope, run.id, end.segment),
        messages::set_parts(scope, run.reply_id, end.fold.parts()),
        runs::finish(scope, run.id, &done),
        threads::touch(scope, run.thread_id, end.at),
    ]
}

/// The last event of a run.
pub(crate) fn finished(outcome: &Outcome, cost: Option<Cost>) -> Event {
    Event::Finished {
        state: outcome.state,
        finish_reason: outcome.finish_reason,
        usage: Some(outcome.usage),
        timings: Some(outcome.timings),
        error: outcome.error.clone(),
        cost,
    }
}
