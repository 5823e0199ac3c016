//! Drives one run: performs the effects of the turn machine until it is over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use agent::{Effect, Outcome, Turn, TurnEvent};
use courses::{Course, CourseStream, Heard};
use futures_util::{FutureExt, StreamExt};
use ports::{Attempt, ChatEvent, PortError};
use store::charges::Charge;
use store::{Batch, Durability, Finish, Scope, Segment, StoreError, Write, events, messages, runs, threads};
use tokio::sync::watch;
use traffic::Came;
use wire::{Cost, Event, Fold, Frame, Run, RunError};

use crate::billing::{self, Ended, HoldSeen, RunningCost};
use crate::request_log::{Asking, Call, RUNS};
use crate::routing::Trail;
use crate::{App, AppError};
use live::{LiveRun, Stop};

/// How many pieces of an answer may share one commit; more only happens when the disk is slower than the model.
const MOST_PIECES: usize = 64;
/// How long to wait before the end of a run is stored again after a failure.
const RETRY_END: Duration = Duration::from_secs(2);

/// A run under way.
pub(crate) struct Drive {
    app: Arc<App>,
    scope: Scope,
    run: Run,
    charge: Option<Charge>,
    cost: RunningCost,
    course: Course,
    /// Who was asked, and whether that is stored.
    trail: Trail,
    has_turned: bool,
    turn: Turn,
    live: Arc<LiveRun>,
    bell: watch::Receiver<Option<Stop>>,
    accepted_at: Duration,
    stream: Option<CourseStream>,
    /// What came of asking providers.
    attempts: Vec<Attempt>,
    /// To be noted when it is over.
    call: Call,
    /// What is stored; nobody is shown more.
    stored: Fold,
}

/// A run that was accepted and stored, and is to be driven.
pub(crate) struct Accepted {
    pub(crate) scope: Scope,
    pub(crate) run: Run,
    /// What is held for it.
    pub(crate) charge: Option<Charge>,
    /// Whom to ask.
    pub(crate) course: Course,
    pub(crate) trail: Trail,
    pub(crate) turn: Turn,
    /// Monotonic time of acceptance.
    pub(crate) at: Duration,
}

/// What one round of effects leaves to do.
#[derive(Default)]
struct Round {
    events: Vec<Event>,
    outcome: Option<Outcome>,
}

impl Drive {
    pub(crate) fn new(app: Arc<App>, live: Arc<LiveRun>, accepted: Accepted) -> Self {
        let bell = live.bell();
        let Accepted { scope, run, charge, course, trail, turn, at: accepted_at } = accepted;
        let (cost, stored, attempts) = (RunningCost::default(), Fold::default(), Vec::new());
        let (agent, model) = (Some(run.agent_id.as_str()), run.model.as_str());
        let call =
            app.noted.requests.begin(run.id, &Asking { scope, key_id: None, face: RUNS, agent, model });
        Self {
            app,
            scope,
            run,
            charge,
            cost,
            course,
            trail,
            has_turned: false,
            turn,
            live,
            bell,
            accepted_at,
            stream: None,
            attempts,
            call,
            stored,
        }
    }

    /// Runs until the end is stored. The hold was granted with the batch that accepted the run.
    pub(crate) async fn run_to_end(mut self) {
        let begin = if self.is_cancelled().await { TurnEvent::Cancel } else { TurnEvent::HoldGranted };
        let mut effects = self.turn.step(self.elapsed(), begin);
        loop {
            let round = self.perform(effects);
            if let Some(outcome) = round.outcome {
                self.note(&outcome);
                self.finish(round.events, outcome).await;
                return;
            }
            let events = self.with_cost(round.events);
            effects = match self.show(events).await {
                Ok(()) => self.next_effects().await,
                Err(error) => {
                    tracing::error!(run = %self.run.id, cause = %error, "an answer could not be stored");
                    let AppError { code, detail, .. } = error.into();
                    self.turn.step(self.elapsed(), TurnEvent::Failed(RunError { code, detail }))
                }
            };
        }
    }

    /// True when a member stopped the run after it was stored and before there was a bell to ring.
    async fn is_cancelled(&mut self) -> bool {
        runs::is_cancel_requested(&self.app.db, self.scope, self.run.id).await.unwrap_or(false)
    }

    fn elapsed(&self) -> Duration {
        self.app.clock.monotonic().saturating_sub(self.accepted_at)
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Round {
        let mut round = Round::default();
        for effect in effects {
            match effect {
                Effect::Hold => {}
                Effect::CallModel => {
                    // Fused: what else is there is asked for also behind the end.
                    self.stream = Some(self.course.clone().follow(&self.app.chat).fuse().boxed());
                }
                Effect::AbortModel => self.stream = None,
                Effect::Publish(event) => round.events.push(event),
                // It comes with the end, and is settled in the batch of the end.
                Effect::Settle(_) => {}
                Effect::Finish(outcome) => round.outcome = Some(outcome),
            }
        }
        round
    }

    /// Waits for something to happen, then takes along what else is there already.
    async fn next_effects(&mut self) -> Vec<Effect> {
        let mut happened = VecDeque::new();
        let (attempts, trail, has_turned) = (&mut self.attempts, &mut self.trail, &mut self.has_turned);
        let mut hear = |item| match item {
            Some(Ok(Heard::Told(ChatEvent::Attempted(attempt)))) => {
                attempts.push(*attempt);
                None
            }
            Some(Ok(Heard::Turned { tried, model })) => {
                trail.turn(tried, model.clone());
                *has_turned = true;
                Some(TurnEvent::Turned(model))
            }
            Some(Ok(Heard::Told(event))) => Some(model_event(Some(Ok(event)))),
            Some(Err(error)) => Some(model_event(Some(Err(error)))),
            None => Some(model_event(None)),
        };
        match &mut self.stream {
            Some(stream) => tokio::select! {
                biased;
                () = rung(&mut self.bell) => happened.push_back(stop_event(&self.bell)),
                item = stream.next() => happened.extend(hear(item)),
            },
            None => {
                rung(&mut self.bell).await;
                happened.push_back(stop_event(&self.bell));
            }
        }
        while happened.len() < MOST_PIECES {
            let ready = self.stream.as_mut().and_then(|stream| stream.next().now_or_never());
            match ready {
                Some(Some(item)) => happened.extend(hear(Some(item))),
                Some(None) | None => break,
            }
        }
        if happened.iter().any(is_piece) {
            self.call.first_token();
        }
        let at = self.elapsed();
        happened.into_iter().flat_map(|event| self.turn.step(at, event)).collect()
    }

    /// The events, and what the answer costs by now.
    fn with_cost(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        let at = self.elapsed();
        if let Some(charge) = self.charge.as_ref().filter(|_| !events.is_empty()) {
            let (model, so_far) = (self.trail.model.as_str(), self.turn.so_far());
            let news = self.cost.news(at, || self.app.cost_so_far(charge, model, so_far));
            events.extend(news.map(|cost| Event::Spent { cost }));
        }
        events
    }

    /// Stores events, then shows them: what a reader has seen, no crash can take back.
    async fn show(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        let Some(segment) = self.number(events) else { return Ok(()) };
        let mut batch = Batch::new(Durability::Relaxed);
        if self.stored.last_seq() == 0 {
            batch.push(runs::set_running(self.scope, self.run.id));
        }
        batch.extend(self.turned());
        batch.push(events::append(self.scope, self.run.id, &segment));
        self.app.db.write(batch).await?;
        self.has_turned = false;
        for frame in segment.frames() {
            self.stored.apply(frame.seq, &frame.event);
        }
        self.live.log.publish(segment.frames().to_vec());
        Ok(())
    }

    fn note(&mut self, outcome: &Outcome) {
        let Outcome { state, finish_reason, ref error, .. } = *outcome;
        let error = error.as_ref().map(|error| error.code);
        self.call.over(Came { state, finish: finish_reason, error }, &self.attempts);
    }

    /// Says that another model answers than the one that is stored.
    fn turned(&self) -> Option<Write> {
        self.has_turned.then(|| runs::set_model(self.scope, self.run.id, &self.trail.model))
    }

    fn ended<'a>(&'a self, outcome: &'a Outcome) -> Ended<'a> {
        Ended { outcome, attempts: &self.attempts, trail: &self.trail }
    }

    /// The end, in one batch: the last events, the message, the charge, the run's state. When it cannot be stored
    /// (the disk is full, say) the readers are told at once and storing goes on being tried.
    async fn finish(&mut self, events: Vec<Event>, outcome: Outcome) {
        let (mut shown, mut unknown, mut seen) = (false, false, HoldSeen::Placed);
        loop {
            match self.store_end(events.clone(), &outcome, seen).await {
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
                    self.settle_alone(&outcome).await;
                    break;
                }
            }
        }
    }

    /// A run whose thread was deleted meanwhile has no end that could be stored; what it cost is owed all the same.
    async fn settle_alone(&mut self, outcome: &Outcome) {
        let Some(charge) = &self.charge else { return };
        if let Err(error) = billing::store_bill(&self.app, charge, self.ended(outcome)).await {
            tracing::error!(run = %self.run.id, %error, "a run was not settled; its time will be over");
        }
    }

    /// Stores the end and answers with the events that are to be shown.
    async fn store_end(
        &mut self,
        mut events: Vec<Event>,
        outcome: &Outcome,
        seen: HoldSeen,
    ) -> Result<Vec<Frame>, StoreError> {
        let bill = match &self.charge {
            Some(charge) => self.app.bill_outcome(charge, self.ended(outcome), seen).await?,
            None => None,
        };
        let (cost, settlement) = bill.map(|bill| (bill.cost, bill.writes)).unzip();
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
            self.scope,
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

    fn number(&self, events: Vec<Event>) -> Option<Segment> {
        let first = self.stored.last_seq() + 1;
        Segment::new((first..).zip(events).map(|(seq, event)| Frame { seq, event }).collect())
    }
}

/// However driving ends, a panic included, no reader and no place waits for a run that nobody drives.
impl Drop for Drive {
    fn drop(&mut self) {
        self.live.log.close();
        self.app.live.leave(self.run.id);
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

/// Waits until the bell has rung.
async fn rung(bell: &mut watch::Receiver<Option<Stop>>) {
    if bell.wait_for(Option::is_some).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn stop_event(bell: &watch::Receiver<Option<Stop>>) -> TurnEvent {
    match *bell.borrow() {
        Some(Stop::Interrupt) => TurnEvent::Interrupt,
        Some(Stop::Cancel) | None => TurnEvent::Cancel,
    }
}

fn model_event(item: Option<Result<ChatEvent, PortError>>) -> TurnEvent {
    match item {
        Some(Ok(ChatEvent::Queued { position, wait })) => TurnEvent::Queued { position, wait },
        Some(Ok(ChatEvent::Loading)) => TurnEvent::Loading,
        Some(Ok(ChatEvent::Started(usage))) => TurnEvent::Started(usage),
        Some(Ok(ChatEvent::Text(text))) => TurnEvent::Text(text),
        Some(Ok(ChatEvent::Reasoning(text))) => TurnEvent::Reasoning(text),
        Some(Ok(ChatEvent::Done { reason, usage })) => TurnEvent::Answered { reason, usage },
        // Runs offer no tools: a model that calls one all the same is out of order.
        Some(Ok(ChatEvent::ToolCall { .. } | ChatEvent::ToolArguments { .. })) => {
            failed("The model called a tool although none was offered to it.")
        }
        Some(Ok(ChatEvent::Logprobs(_) | ChatEvent::Attempted(_))) => {
            failed("The model tells what nobody asked for.")
        }
        Some(Err(error)) => TurnEvent::Failed(RunError { code: error.code, detail: error.detail }),
        None => failed("The model ended its answer without a word about why."),
    }
}

fn is_piece(event: &TurnEvent) -> bool {
    matches!(event, TurnEvent::Text(_) | TurnEvent::Reasoning(_))
}

fn failed(detail: &str) -> TurnEvent {
    TurnEvent::Failed(RunError { code: wire::ErrorCode::EngineFailed, detail: detail.to_owned() })
}
