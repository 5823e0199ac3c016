//! Ends the runs that a crash left behind.

use agent::{Outcome, interrupted};
use store::charges::ChargeState;
use store::{Batch, Durability, LiveRun, Segment, charges, events, runs};
use wire::{Event, Fold, Frame, RunState, Timings, Usage};

use crate::billing::{Ended, HoldSeen};
use crate::drive_run::{End, end_writes, finished};
use crate::request_log::{Asking, RUNS};
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
        for LiveRun { scope, run, .. } in left {
            let mut fold = Fold::default();
            let mut usage = Usage::default();
            for frame in events::after(&self.db, scope, run.id, 0).await? {
                fold.apply(frame.seq, &frame.event);
                let is_thought = matches!(frame.event, Event::ReasoningDelta { .. });
                usage.reasoning_tokens += u64::from(is_thought);
                usage.output_tokens +=
                    u64::from(is_thought || matches!(frame.event, Event::TextDelta { .. }));
            }
            let outcome = Outcome {
                state: RunState::Interrupted,
                finish_reason: None,
                usage,
                timings: Timings::default(),
                error: Some(interrupted()),
            };
            let bill = match charges::get(&self.db, scope, run.id).await? {
                Some(ChargeState { charge, settled: None }) => {
                    let policy = run.route.as_ref().map(|route| route.policy.clone());
                    let trail = Trail { policy, ..Trail::of(&run.model) };
                    let ended = Ended { outcome: &outcome, attempts: &[], trail: &trail };
                    self.bill_outcome(&charge, ended, HoldSeen::Stored).await?
                }
                Some(_) | None => None,
            };
            let (cost, settlement) = bill.map(|bill| (bill.cost, bill.writes)).unzip();
            let last = Frame { seq: fold.last_seq() + 1, event: finished(&outcome, cost) };
            let Some(segment) = Segment::new(vec![last]) else { continue };
            let end = End { segment: &segment, fold: &fold, outcome: &outcome, at: self.clock.now() };
            let mut batch = Batch::new(Durability::Full);
            batch.extend(end_writes(scope, &run, &end));
            batch.extend(settlement.unwrap_or_default());
            self.db.write(batch).await?;
            let asking =
                Asking { scope, key_id: None, face: RUNS, agent: Some(&run.agent_id), model: &run.model };
            self.noted.requests.note_interrupted(&run, &asking);
        }
        Ok(count)
    }
}
