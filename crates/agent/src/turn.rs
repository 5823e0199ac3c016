//! The turn machine: how one question becomes one answer, as a pure function.
//!
//! ```text
//!             Begin          HoldGranted         Answered, no calls
//!   Fresh ──────────▶ Holding ─────────▶ Calling ──────────────────▶ Over
//!           Hold       ▲ │     CallModel   │     Settle, Finish        ▲
//!                 Hold │ │ HoldRefused     │ Answered with calls:      │ a member is to allow something:
//!                      │ └────▶ Over       ▼ Settle, Perform           │ Finish
//!                      └─────────────── Acting ────────────────────────┘
//!                          all returned
//! ```
//! From everywhere `Failed`, `Cancel` and `Interrupt` lead to `Over`. Each time a model is asked is a step; what it may cost is
//! held before and settled after. Effects are performed by the driver in the order given, and whatever is published is stored
//! before a call is made: a journal of published events is enough to go on from. `Finish` comes once; after it the machine
//! answers every event with nothing. What waits for a member goes on in a turn of its own, which begins with the calls that
//! were allowed.

mod acting;

use std::time::Duration;

use wire::{ErrorCode, Event, FinishReason, RunError, RunState, Timings, ToolState, ToolUse, Usage};

use crate::Line;
pub use acting::Kit;
use acting::{Acting, Draft};

/// How often a model is asked for one answer, where its agent does not say.
const USUAL_STEPS: u32 = 8;
/// After so long a turn comes to its end: nothing more is called.
const MOST_TIME: Duration = Duration::from_secs(15 * 60);

/// What the driver tells the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEvent {
    /// The run was accepted.
    Begin,
    /// The ceiling of the cost was set aside.
    HoldGranted,
    /// Quota, wallet or budget does not allow it.
    HoldRefused(RunError),
    /// The model waits behind others.
    Queued {
        /// Requests before this one.
        position: u32,
        /// How long it will probably wait.
        wait: Option<Duration>,
    },
    /// The model is being loaded.
    Loading,
    /// The model reads the prompt, of so many tokens where it says so.
    Started(Usage),
    /// Nothing was shown, and another model is asked instead.
    Turned(String),
    /// More answer.
    Text(String),
    /// More reasoning.
    Reasoning(String),
    /// The model calls a tool. A call is complete when the model is done.
    Call {
        /// Counts the calls of this step from 0.
        index: u32,
        /// The tool.
        name: String,
    },
    /// More of a call's arguments.
    Arguments {
        /// The call.
        index: u32,
        /// To be appended.
        text: String,
    },
    /// A call was made, or could not be.
    Returned {
        /// Which.
        call_id: String,
        /// What came of it.
        state: ToolState,
    },
    /// The model is done.
    Answered {
        /// Why it stopped.
        reason: FinishReason,
        /// What it consumed.
        usage: Usage,
    },
    /// The model could not go on.
    Failed(RunError),
    /// A member wants it to stop.
    Cancel,
    /// The server stops.
    Interrupt,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Set the ceiling of the next step's cost aside; answer with `HoldGranted` or `HoldRefused`.
    Hold,
    /// Call the model, with what was [said](Turn::said) in this turn behind the conversation.
    CallModel,
    /// Make a call; answer with `Returned`.
    Perform(Box<ToolUse>),
    /// Stop whatever calls are being made.
    AbortTools,
    /// Stop the call; it may already be over.
    AbortModel,
    /// Store and show an event.
    Publish(Event),
    /// Charge what a step used and release the rest of its hold.
    Settle(Usage),
    /// Store the message and the run's final state; nothing follows.
    Finish(Outcome),
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The final state.
    pub state: RunState,
    /// Why the model stopped, when it did.
    pub finish_reason: Option<FinishReason>,
    /// What all steps consumed, counted by us when the model did not say.
    pub usage: Usage,
    /// How long it took.
    pub timings: Timings,
    /// Why it failed.
    pub error: Option<RunError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    Holding,
    Calling,
    Acting,
    Over,
}

/// One turn of an agent.
#[derive(Clone, Debug)]
pub struct Turn {
    model: String,
    phase: Phase,
    kit: Kit,
    /// True while something is held that is not settled.
    is_held: bool,
    step: u32,
    stepped_at: Duration,
    first_piece: Option<Duration>,
    reasoning_since: Option<Duration>,
    /// What the model said of the prompt.
    prompt: Usage,
    pieces: u64,
    thoughts: u64,
    /// What the present step says and calls.
    text: String,
    drafts: Vec<Draft>,
    acting: Acting,
    /// What the steps before added to the conversation, and consumed.
    said: Vec<Line>,
    before: Usage,
}

impl Turn {
    /// A turn that will call `model` and nothing else.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            phase: Phase::Fresh,
            kit: Kit::none(),
            is_held: false,
            step: 1,
            stepped_at: Duration::ZERO,
            first_piece: None,
            reasoning_since: None,
            prompt: Usage::default(),
            pieces: 0,
            thoughts: 0,
            text: String::new(),
            drafts: Vec::new(),
            acting: Acting::default(),
            said: Vec::new(),
            before: Usage::default(),
        }
    }

    /// With tools that the model may call, or that are to be called before it is asked.
    #[must_use]
    pub fn with(mut self, kit: Kit) -> Self {
        self.kit = kit;
        self
    }

    /// What the present step consumed so far, counted here: a piece is at least one token. Nothing before the first piece.
    pub fn so_far(&self) -> Usage {
        if self.pieces == 0 {
            return Usage::default();
        }
        Usage { output_tokens: self.pieces, reasoning_tokens: self.thoughts, ..self.prompt }
    }

    /// What was said and called in this turn, behind the conversation that it began with.
    pub fn said(&self) -> &[Line] {
        &self.said
    }

    /// Whether the model may call something in the present step. In the last one it has to answer with what it has.
    pub fn may_call(&self) -> bool {
        !self.kit.tools.is_empty() && self.step < self.most_steps() && !self.acting.is_lost
    }

    /// Counts the times that a model is asked, from 1.
    pub fn step_number(&self) -> u32 {
        self.step
    }

    /// True once `Finish` was given out.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Takes what happened `at` a time since acceptance and says what to do. Events that cannot be in the present
    /// phase (a late piece after a cancel, a second `Begin`) are answered with nothing.
    pub fn step(&mut self, at: Duration, event: TurnEvent) -> Vec<Effect> {
        match (self.phase, event) {
            (Phase::Over, _) => Vec::new(),
            (_, TurnEvent::Cancel) if self.phase != Phase::Fresh => self.end(at, End::Cancelled),
            (_, TurnEvent::Interrupt) if self.phase != Phase::Fresh => self.end(at, End::Interrupted),
            (Phase::Fresh, TurnEvent::Begin) => {
                self.phase = Phase::Holding;
                vec![Effect::Hold]
            }
            (Phase::Holding, TurnEvent::HoldGranted) => {
                self.is_held = true;
                self.act_or_call(at)
            }
            (Phase::Holding, TurnEvent::HoldRefused(error)) => self.end(at, End::Failed(error)),
            (Phase::Calling, event) => self.step_calling(at, event),
            (Phase::Acting, TurnEvent::Returned { call_id, state }) => self.take_result(at, call_id, state),
            (Phase::Acting, TurnEvent::Failed(error)) => self.end(at, End::Failed(error)),
            (Phase::Fresh | Phase::Holding | Phase::Acting, _) => Vec::new(),
        }
    }

    fn step_calling(&mut self, at: Duration, event: TurnEvent) -> Vec<Effect> {
        let model = || self.model.clone();
        match event {
            TurnEvent::Queued { position, wait } => {
                let wait_ms = wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                vec![Effect::Publish(Event::Queued { position, wait_ms })]
            }
            TurnEvent::Loading => vec![Effect::Publish(Event::Loading { model: model() })],
            TurnEvent::Started(prompt) => {
                self.prompt = prompt;
                vec![Effect::Publish(Event::Started { model: model() })]
            }
            TurnEvent::Turned(model) => {
                self.model = model;
                self.prompt = Usage::default();
                Vec::new()
            }
            TurnEvent::Reasoning(text) => {
                self.count_piece(at);
                self.thoughts += 1;
                self.reasoning_since.get_or_insert(at);
                vec![Effect::Publish(Event::ReasoningDelta { text })]
            }
            TurnEvent::Text(text) => {
                self.count_piece(at);
                self.text.push_str(&text);
                let mut effects = self.close_reasoning(at);
                effects.push(Effect::Publish(Event::TextDelta { text }));
                effects
            }
            TurnEvent::Call { name, .. } if self.may_call() => {
                self.count_piece(at);
                self.drafts.push(Draft::of(name));
                self.close_reasoning(at)
            }
            TurnEvent::Call { .. } => self.end(at, End::Failed(uncalled_for())),
            TurnEvent::Arguments { index, text } => {
                self.pieces += 1;
                let draft = usize::try_from(index).ok().and_then(|index| self.drafts.get_mut(index));
                draft.into_iter().for_each(|draft| draft.push(&text));
                Vec::new()
            }
            TurnEvent::Answered { reason, usage } => match std::mem::take(&mut self.drafts) {
                drafts if drafts.is_empty() => self.end(at, End::Answered(reason, usage)),
                drafts => self.act(at, usage, drafts),
            },
            TurnEvent::Failed(error) => self.end(at, End::Failed(error)),
            TurnEvent::Cancel
            | TurnEvent::Interrupt
            | TurnEvent::Returned { .. }
            | TurnEvent::Begin
            | TurnEvent::HoldGranted
            | TurnEvent::HoldRefused(_) => Vec::new(),
        }
    }

    /// Makes the calls that wait from before, if there are any, and asks the model.
    fn act_or_call(&mut self, at: Duration) -> Vec<Effect> {
        let open = std::mem::take(&mut self.kit.open);
        self.acting.take_open(open);
        self.launch_first(at, Vec::new())
    }

    /// Makes what the model called.
    fn act(&mut self, at: Duration, usage: Usage, drafts: Vec<Draft>) -> Vec<Effect> {
        let mut effects = self.close_reasoning(at);
        let millis = millis(at.saturating_sub(self.stepped_at));
        effects.push(Effect::Settle(usage));
        effects.push(Effect::Publish(Event::Stepped { model: self.model.clone(), usage, millis }));
        self.acting.take(&self.kit, self.step, at, drafts);
        let text = std::mem::take(&mut self.text);
        self.said.push(Line::Calls { text, calls: self.acting.called() });
        self.before = self.before.and(usage);
        (self.prompt, self.pieces, self.thoughts) = (Usage::default(), 0, 0);
        self.is_held = false;
        self.step += 1;
        if at > MOST_TIME {
            self.step = self.step.max(self.most_steps());
        }
        self.launch_first(at, effects)
    }

    /// Begins the first calls of a step, and tells of all of them as they stand then.
    fn launch_first(&mut self, at: Duration, mut effects: Vec<Effect>) -> Vec<Effect> {
        let next = self.acting.launch();
        let called = self.acting.calls().iter().map(|call| Event::Called { call: Box::new(call.clone()) });
        effects.extend(called.map(Effect::Publish));
        effects.extend(self.perform(at, next));
        effects
    }

    /// Begins the next calls.
    fn launch(&mut self, at: Duration) -> Vec<Effect> {
        let next = self.acting.launch();
        let begun = next
            .iter()
            .map(|call| Event::Returned { call_id: call.call_id.clone(), state: call.state.clone() });
        let mut effects: Vec<Effect> = begun.map(Effect::Publish).collect();
        effects.extend(self.perform(at, next));
        effects
    }

    /// Makes these calls, or does what comes when none is left.
    fn perform(&mut self, at: Duration, next: Vec<ToolUse>) -> Vec<Effect> {
        self.phase = Phase::Acting;
        if self.acting.is_underway() {
            return next.into_iter().map(|call| Effect::Perform(Box::new(call))).collect();
        }
        self.said.extend(self.acting.results());
        if self.acting.asks() {
            return self.end(at, End::Asks);
        }
        self.stepped_at = at;
        if self.is_held {
            self.phase = Phase::Calling;
            return vec![Effect::CallModel];
        }
        self.phase = Phase::Holding;
        vec![Effect::Hold]
    }

    fn take_result(&mut self, at: Duration, call_id: String, state: ToolState) -> Vec<Effect> {
        if !self.acting.returned(&mut self.kit, &call_id, state.clone()) {
            return Vec::new();
        }
        let mut effects = vec![Effect::Publish(Event::Returned { call_id, state })];
        if !self.acting.is_underway() {
            effects.extend(self.launch(at));
        }
        effects
    }

    fn most_steps(&self) -> u32 {
        self.kit.policy.most_steps.unwrap_or(USUAL_STEPS)
    }

    fn count_piece(&mut self, at: Duration) {
        self.first_piece.get_or_insert(at);
        self.pieces += 1;
    }

    fn close_reasoning(&mut self, at: Duration) -> Vec<Effect> {
        let since = self.reasoning_since.take();
        since
            .map(|since| Effect::Publish(Event::ReasoningDone { millis: millis(at.saturating_sub(since)) }))
            .into_iter()
            .collect()
    }

    fn end(&mut self, at: Duration, end: End) -> Vec<Effect> {
        let mut effects = self.close_reasoning(at);
        // Between two steps nothing is held.
        let is_open = self.is_held || self.phase == Phase::Holding;
        match self.phase {
            Phase::Calling if !matches!(end, End::Answered(..)) => effects.push(Effect::AbortModel),
            Phase::Acting if self.acting.is_underway() => {
                effects.push(Effect::AbortTools);
                let given_up = self.acting.give_up(matches!(end, End::Interrupted)).into_iter();
                effects.extend(
                    given_up.map(|(call_id, state)| Effect::Publish(Event::Returned { call_id, state })),
                );
            }
            Phase::Fresh | Phase::Holding | Phase::Calling | Phase::Acting | Phase::Over => {}
        }
        self.phase = Phase::Over;
        // A model that was cut off did not report its usage. Who stops an answer has had the prompt read; who was left in
        // the lurch owes no more than what was shown.
        let so_far = self.so_far();
        let shown = Usage { input_tokens: 0, cached_tokens: 0, ..so_far };
        let (state, finish_reason, used, error) = match end {
            End::Answered(FinishReason::Cancelled, usage) => {
                (RunState::Cancelled, Some(FinishReason::Cancelled), usage, None)
            }
            End::Answered(reason, usage) => (RunState::Succeeded, Some(reason), usage, None),
            End::Asks => (RunState::Succeeded, Some(FinishReason::ToolCalls), so_far, None),
            End::Cancelled => (RunState::Cancelled, Some(FinishReason::Cancelled), so_far, None),
            End::Failed(error) => (RunState::Failed, None, shown, Some(error)),
            End::Interrupted => (RunState::Interrupted, None, shown, Some(interrupted())),
        };
        let first = self.first_piece.unwrap_or(at);
        let timings = Timings { first_token_ms: millis(first), decode_ms: millis(at.saturating_sub(first)) };
        let usage = self.before.and(used);
        if is_open {
            effects.push(Effect::Settle(used));
        }
        effects.push(Effect::Finish(Outcome { state, finish_reason, usage, timings, error }));
        effects
    }
}

enum End {
    Answered(FinishReason, Usage),
    /// A member is to allow something first.
    Asks,
    Cancelled,
    Failed(RunError),
    Interrupted,
}

/// What a run says whose model calls something although nothing was offered to it.
fn uncalled_for() -> RunError {
    RunError {
        code: ErrorCode::EngineFailed,
        detail: "The model called a tool although none was offered to it.".to_owned(),
    }
}

/// What a run says that its server did not live to finish.
pub fn interrupted() -> RunError {
    RunError {
        code: ErrorCode::Interrupted,
        detail: "The server stopped while the answer was being written.".to_owned(),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
