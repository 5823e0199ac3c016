//! Drives one run: performs the effects of the turn machine until it is over.

mod end;
mod step;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use acts::Performing;
use agent::{Effect, Locale, Outcome, Turn, TurnEvent};
use courses::{Course, CourseStream, News};
use futures_util::{FutureExt, StreamExt};
use ports::{Attempt, ChatRequest};
use store::charges::Charge;
use store::{Batch, Durability, Segment, StoreError, events, runs};
use telemetry::Call;
use tokio::sync::watch;
use wire::{Cost, Event, Fold, Frame, Run, RunError, ToolClass, ToolUse, Usage};

use crate::routing::Trail;
use crate::{Actor, App, AppError};
use live::{LiveRun, RunningCost, Stop};

pub(crate) use end::{End, end_writes, finished};

/// How many pieces of an answer may share one commit; more only happens when the disk is slower than the model.
const MOST_PIECES: usize = 64;

/// A run under way.
pub(crate) struct Drive {
    app: Arc<App>,
    actor: Actor,
    run: Run,
    /// What a model was asked first; what is said in this turn comes behind.
    asks: ChatRequest,
    locale: Locale,
    /// What is held for the present step; nothing between two of them.
    charge: Option<Charge>,
    /// What the steps before cost.
    paid: Option<Cost>,
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
    /// The calls of tools that are being made.
    performing: Performing,
    /// What came of asking providers in the present step.
    attempts: Vec<Attempt>,
    /// The present step, to be noted when it is over.
    call: Call,
    /// What is stored; nobody is shown more.
    stored: Fold,
}

/// A run that was accepted and stored, and is to be driven.
pub(crate) struct Accepted {
    pub(crate) actor: Actor,
    pub(crate) run: Run,
    /// What is asked, whoever is.
    pub(crate) asks: ChatRequest,
    /// What the member reads.
    pub(crate) locale: Locale,
    /// What is held for it.
    pub(crate) charge: Option<Charge>,
    /// Whom to ask.
    pub(crate) course: Course,
    pub(crate) trail: Trail,
    pub(crate) turn: Turn,
    /// Monotonic time of acceptance.
    pub(crate) at: Duration,
}

/// What one round of effects leaves to do, in this order.
#[derive(Default)]
struct Round {
    settle: Option<Usage>,
    events: Vec<Event>,
    perform: Vec<ToolUse>,
    hold: bool,
    outcome: Option<Outcome>,
}

impl Drive {
    pub(crate) fn new(app: Arc<App>, live: Arc<LiveRun>, accepted: Accepted) -> Self {
        let Accepted { actor, run, asks, locale, charge, course, trail, turn, at: accepted_at } = accepted;
        let (clock, call) = (Arc::clone(&app.clock), app.begin_run_call(actor.scope(), &run));
        let span = call.span();
        Self {
            app,
            bell: live.bell(),
            actor,
            run,
            asks,
            locale,
            charge,
            paid: None,
            cost: RunningCost::default(),
            course: course.each(|request| request.span = span),
            trail,
            has_turned: false,
            turn,
            live,
            accepted_at,
            stream: None,
            performing: Performing::new(clock),
            attempts: Vec::new(),
            call,
            stored: Fold::default(),
        }
    }

    /// Runs until the end is stored. The hold was granted with the batch that accepted the run.
    pub(crate) async fn run_to_end(mut self) {
        let begin = if self.is_cancelled().await { TurnEvent::Cancel } else { TurnEvent::HoldGranted };
        let mut effects = self.turn.step(self.elapsed(), begin);
        loop {
            let Round { settle, events, perform, hold, outcome } = self.perform(effects);
            if let Some(outcome) = outcome {
                let used = settle.unwrap_or_default();
                self.note(&outcome, used);
                self.finish(events, outcome, used).await;
                return;
            }
            if let Some(used) = settle {
                self.settle_step(used).await;
            }
            let events = self.with_cost(events);
            effects = match self.show(events, &perform).await {
                Ok(()) => {
                    self.begin_calls(&perform);
                    if hold { self.hold().await } else { self.next_effects().await }
                }
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
        runs::is_cancel_requested(&self.app.db, self.actor.scope(), self.run.id).await.unwrap_or(false)
    }

    fn elapsed(&self) -> Duration {
        self.app.clock.monotonic().saturating_sub(self.accepted_at)
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Round {
        let mut round = Round::default();
        for effect in effects {
            match effect {
                Effect::Hold => round.hold = true,
                // Fused: what else is there is asked for also behind the end.
                Effect::CallModel => {
                    self.stream = Some(self.next_course().follow(&self.app.chat).fuse().boxed());
                }
                Effect::AbortModel => self.stream = None,
                Effect::Perform(call) => round.perform.push(*call),
                Effect::AbortTools => self.performing.stop(),
                Effect::Publish(event) => round.events.push(event),
                Effect::Settle(used) => round.settle = Some(used),
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
            Some(Ok(heard)) => match trail.followed.hear(heard, attempts)? {
                News::Told(event) => Some(acts::turn_event(Some(Ok(event)))),
                News::Turned(model) => {
                    *has_turned = true;
                    Some(TurnEvent::Turned(model))
                }
            },
            Some(Err(error)) => Some(acts::turn_event(Some(Err(error)))),
            None => Some(acts::turn_event(None)),
        };
        match &mut self.stream {
            Some(stream) => tokio::select! {
                biased;
                () = rung(&mut self.bell) => happened.push_back(stop_event(&self.bell)),
                item = stream.next() => happened.extend(hear(item)),
            },
            None => tokio::select! {
                biased;
                () = rung(&mut self.bell) => happened.push_back(stop_event(&self.bell)),
                (call_id, state) = self.performing.next() => {
                    happened.push_back(TurnEvent::Returned { call_id, state });
                }
            },
        }
        for _ in 1..MOST_PIECES {
            let ready = self.stream.as_mut().and_then(|stream| stream.next().now_or_never());
            match ready {
                Some(Some(item)) => happened.extend(hear(Some(item))),
                Some(None) | None => break,
            }
        }
        if happened.iter().any(acts::is_piece) {
            self.call.first_token();
        }
        let at = self.elapsed();
        happened.into_iter().flat_map(|event| self.turn.step(at, event)).collect()
    }

    /// The events, and what the answer costs by now.
    fn with_cost(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        let at = self.elapsed();
        if let Some(charge) = self.charge.as_ref().filter(|_| !events.is_empty()) {
            let (model, so_far) = (self.trail.followed.model.as_str(), self.turn.so_far());
            let cost = || {
                let now = self.app.cost_so_far(charge, model, so_far);
                self.paid.clone().map_or(now.clone(), |paid| now.map(|now| paid.and(now)))
            };
            let news = self.cost.news(at, cost);
            events.extend(news.map(|cost| Event::Spent { cost }));
        }
        events
    }

    /// Stores events, then shows them: what a reader has seen, no crash can take back. Before something outside is changed the
    /// disk has it, so that nobody changes it a second time.
    async fn show(&mut self, events: Vec<Event>, next: &[ToolUse]) -> Result<(), StoreError> {
        let Some(segment) = self.number(events) else { return Ok(()) };
        let changes = next.iter().any(|call| call.class != ToolClass::Read);
        let mut batch = Batch::new(if changes { Durability::Full } else { Durability::Relaxed });
        let scope = self.actor.scope();
        if self.stored.last_seq() == 0 {
            batch.push(runs::set_running(scope, self.run.id));
        }
        batch.extend(self.turned());
        batch.push(events::append(scope, self.run.id, &segment));
        self.app.db.write(batch).await?;
        self.has_turned = false;
        for frame in segment.frames() {
            self.stored.apply(frame.seq, &frame.event);
        }
        self.live.log.publish(segment.frames().to_vec());
        Ok(())
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
