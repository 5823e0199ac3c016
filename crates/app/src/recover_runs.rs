//! Ends the runs that a crash left behind.

use agent::{Outcome, interrupted};
use store::charges::ChargeState;
use store::{Batch, Durability, LiveRun, Segment, charges, events, runs};
use wire::{Event, Fold, Frame, RunState, Timings, Usage};

use crate::billing::{Ended, HoldSeen};
use crate::drive_run::{End, end_writes, finished};
use crate::note_requests::asking;
use crate::routing::Trail;
use crate::{App, AppError};

impl App {
    /// Marks every run that was not over as interrupted and keeps the text that was shown. Call it once, before the
    /// first request. Answers how many there were.
    ///
    /// # Errors
    /// When the database cannot be read or written; nothing is half done then.
    pub async fn recover_runs(&self) -> Result<usize, AppError> {
        let left = runs::live_everywhere(&self.db).await?;
        let count = left.len();
        for LiveRun { scope, mut run, .. } in left {
            let left = Left::of(&events::after(&self.db, scope, run.id, 0).await?);
            let outcome = Outcome {
                state: RunState::Interrupted,
                finish_reason: None,
                usage: left.before.and(left.step),
                timings: Timings::default(),
                error: Some(interrupted()),
            };
            // What steps before used is settled.
            let last = Outcome { usage: left.step, ..outcome.clone() };
            let first = charges::get(&self.db, scope, run.id).await?;
            let open = match first {
                Some(ChargeState { settled: Some(_), .. }) => {
                    charges::open_of_turn(&self.db, scope, run.id).await?
                }
                first => first,
            };
            let bill = match open {
                Some(ChargeState { charge, settled: None }) => {
                    let policy = run.route.as_ref().map(|route| route.policy.clone());
                    let policy = policy.filter(|_| charge.run_id == run.id);
                    let trail = Trail { policy, ..Trail::of(&run.model) };
                    let ended = Ended { outcome: &last, attempts: &[], trail: &trail };
                    self.bill_outcome(&charge, ended, HoldSeen::Stored).await?
                }
                Some(_) | None => None,
            };
            let (cost, settlement) = bill.map(|bill| (bill.cost, bill.writes)).unzip();
            let cost = match (run.cost.take(), cost) {
                (Some(paid), Some(cost)) => Some(paid.and(cost)),
                (paid, cost) => paid.or(cost),
            };
            let last = Frame { seq: left.fold.last_seq() + 1, event: finished(&outcome, cost) };
            let Some(segment) = Segment::new(vec![last]) else { continue };
            let end = End { segment: &segment, fold: &left.fold, outcome: &outcome, at: self.clock.now() };
            let mut batch = Batch::new(Durability::Full);
            batch.extend(end_writes(scope, &run, &end));
            batch.extend(settlement.unwrap_or_default());
            self.db.write(batch).await?;
            self.noted.requests.log.note_interrupted(&run, &asking(scope, &run.agent_id, &run.model));
        }
        Ok(count)
    }
}

/// What a run left behind.
#[derive(Default)]
struct Left {
    fold: Fold,
    /// What the steps consumed that were over.
    before: Usage,
    /// What was shown of the step that was cut off.
    step: Usage,
}

impl Left {
    fn of(frames: &[Frame]) -> Self {
        let mut left = Self::default();
        for Frame { seq, event } in frames {
            left.fold.apply(*seq, event);
            match event {
                Event::ReasoningDelta { .. } => {
                    left.step.reasoning_tokens += 1;
                    left.step.output_tokens += 1;
                }
                Event::TextDelta { .. } => left.step.output_tokens += 1,
                Event::Stepped { usage, .. } => {
                    left.before = left.before.and(*usage);
                    left.step = Usage::default();
                }
                _ => {}
            }
        }
        left
    }
}
