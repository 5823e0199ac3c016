//! The turn machine: how one question becomes one answer, as a pure function.
//!
//! ```text
//!             Begin          HoldGranted         Answered
//!   Fresh ──────────▶ Holding ─────────▶ Calling ─────────▶ Over
//!           Hold         │      CallModel   │     Settle, Finish
//!                        │ HoldRefused      │ Failed · Cancel · Interrupt
//!                        └──────────────────┴─────────────▶ Over
//! ```
//! Effects are performed by the driver in the order given. `Settle` and `Finish` always come together and belong
//! into one batch; after them the machine answers every event with nothing.

use std::time::Duration;

use wire::{ErrorCode, Event, FinishReason, RunError, RunState, Timings, Usage};

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
    /// Set the ceiling of the cost aside; answer with `HoldGranted` or `HoldRefused`.
    Hold,
    /// Call the model.
    CallModel,
    /// Stop the call; it may already be over.
    AbortModel,
    /// Store and show an event.
    Publish(Event),
    /// Charge what was used and release the rest of the hold.
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
    /// What was consumed, counted by us when the model did not say.
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
    Over,
}

/// One turn of an agent.
#[derive(Clone, Debug)]
pub struct Turn {
    model: String,
    phase: Phase,
    first_piece: Option<Duration>,
    reasoning_since: Option<Duration>,
    /// What the model said of the prompt.
    prompt: Usage,
    pieces: u64,
    thoughts: u64,
}

impl Turn {
    /// A turn that will call `model`.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            phase: Phase::Fresh,
            first_piece: None,
            reasoning_since: None,
            prompt: Usage::default(),
            pieces: 0,
            thoughts: 0,
        }
    }

    /// What was consumed so far, counted here: a piece is at least one token. Nothing before the first piece.
    pub fn so_far(&self) -> Usage {
        if self.pieces == 0 {
            return Usage::default();
        }
        Usage { output_tokens: self.pieces, reasoning_tokens: self.thoughts, ..self.prompt }
    }

    /// True once `Finish` was given out.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Takes what happened `at` a time since acceptance and says what to do. Events that cannot be in the present
    /// phase (a late piece after a cancel, a second `Begin`) are answered with nothing.
    pub fn step(&mut self, at: Duration, event: TurnEvent) -> Vec<Effect> {
        match (self.phase, event) {
            (Phase::Fresh, TurnEvent::Begin) => {
                self.phase = Phase::Holding;
                vec![Effect::Hold]
            }
            (Phase::Holding, TurnEvent::HoldGranted) => {
                self.phase = Phase::Calling;
                vec![Effect::CallModel]
            }
            (Phase::Holding, TurnEvent::HoldRefused(error)) => self.end(at, End::Failed(error)),
            (Phase::Calling, event) => self.step_calling(at, event),
            (Phase::Holding, TurnEvent::Cancel) => self.end(at, End::Cancelled),
            (Phase::Holding, TurnEvent::Interrupt) => self.end(at, End::Interrupted),
            _ => Vec::new(),
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
                let mut effects = self.close_reasoning(at);
                effects.push(Effect::Publish(Event::TextDelta { text }));
                effects
            }
            TurnEvent::Answered { reason, usage } => self.end(at, End::Answered(reason, usage)),
            TurnEvent::Failed(error) => self.end(at, End::Failed(error)),
            TurnEvent::Cancel => self.end(at, End::Cancelled),
            TurnEvent::Interrupt => self.end(at, End::Interrupted),
            TurnEvent::Begin | TurnEvent::HoldGranted | TurnEvent::HoldRefused(_) => Vec::new(),
        }
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
        if self.phase == Phase::Calling && !matches!(end, End::Answered(..)) {
            effects.push(Effect::AbortModel);
        }
        self.phase = Phase::Over;
        // A model that was cut off did not report its usage. Who stops an answer has had the prompt read; who was left in
        // the lurch owes no more than what was shown.
        let so_far = self.so_far();
        let shown = Usage { input_tokens: 0, cached_tokens: 0, ..so_far };
        let (state, finish_reason, usage, error) = match end {
            End::Answered(FinishReason::Cancelled, usage) => {
                (RunState::Cancelled, Some(FinishReason::Cancelled), usage, None)
            }
            End::Answered(reason, usage) => (RunState::Succeeded, Some(reason), usage, None),
            End::Cancelled => (RunState::Cancelled, Some(FinishReason::Cancelled), so_far, None),
            End::Failed(error) => (RunState::Failed, None, shown, Some(error)),
            End::Interrupted => (RunState::Interrupted, None, shown, Some(interrupted())),
        };
        let first = self.first_piece.unwrap_or(at);
        let timings = Timings { first_token_ms: millis(first), decode_ms: millis(at.saturating_sub(first)) };
        effects.push(Effect::Settle(usage));
        effects.push(Effect::Finish(Outcome { state, finish_reason, usage, timings, error }));
        effects
    }
}

enum End {
    Answered(FinishReason, Usage),
    Cancelled,
    Failed(RunError),
    Interrupted,
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USAGE: Usage = Usage { input_tokens: 9, cached_tokens: 4, output_tokens: 2, reasoning_tokens: 0 };

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn calling() -> Turn {
        let mut turn = Turn::new("m");
        assert_eq!(turn.step(ms(0), TurnEvent::Begin), [Effect::Hold]);
        assert_eq!(turn.step(ms(0), TurnEvent::HoldGranted), [Effect::CallModel]);
        turn
    }

    fn down() -> RunError {
        RunError { code: ErrorCode::EngineFailed, detail: "gone".to_owned() }
    }

    #[test]
    fn a_whole_answer_is_settled_with_what_the_model_reports() {
        let mut turn = calling();
        turn.step(ms(5), TurnEvent::Started(Usage::default()));
        turn.step(ms(10), TurnEvent::Reasoning("hm".to_owned()));
        assert_eq!(
            turn.step(ms(30), TurnEvent::Text("yes".to_owned())),
            [
                Effect::Publish(Event::ReasoningDone { millis: 20 }),
                Effect::Publish(Event::TextDelta { text: "yes".to_owned() })
            ]
        );
        let end = turn.step(ms(50), TurnEvent::Answered { reason: FinishReason::Stop, usage: USAGE });
        let outcome = Outcome {
            state: RunState::Succeeded,
            finish_reason: Some(FinishReason::Stop),
            usage: USAGE,
            timings: Timings { first_token_ms: 10, decode_ms: 40 },
            error: None,
        };
        assert_eq!(end, [Effect::Settle(USAGE), Effect::Finish(outcome)]);
    }

    #[test]
    fn a_cancel_aborts_and_charges_the_prompt_and_what_was_shown() {
        let mut turn = calling();
        turn.step(ms(0), TurnEvent::Started(Usage { output_tokens: 0, ..USAGE }));
        assert_eq!(turn.so_far(), Usage::default());
        turn.step(ms(1), TurnEvent::Text("a".to_owned()));
        turn.step(ms(2), TurnEvent::Text("b".to_owned()));
        let effects = turn.step(ms(3), TurnEvent::Cancel);
        assert_eq!(effects.first(), Some(&Effect::AbortModel));
        assert!(effects.contains(&Effect::Settle(USAGE)));
        assert_eq!(turn.step(ms(4), TurnEvent::Text("late".to_owned())), []);
    }

    #[test]
    fn another_model_begins_anew() {
        let mut turn = calling();
        turn.step(ms(1), TurnEvent::Started(Usage { output_tokens: 0, ..USAGE }));
        assert_eq!(turn.step(ms(2), TurnEvent::Turned("other".to_owned())), []);
        let loading = Event::Loading { model: "other".to_owned() };
        assert_eq!(turn.step(ms(3), TurnEvent::Loading), [Effect::Publish(loading)]);
        turn.step(ms(4), TurnEvent::Text("a".to_owned()));
        assert_eq!(turn.so_far(), Usage { output_tokens: 1, ..Usage::default() });
    }

    #[test]
    fn a_refused_hold_ends_the_turn_without_a_call() {
        let mut turn = Turn::new("m");
        turn.step(ms(0), TurnEvent::Begin);
        let effects = turn.step(ms(0), TurnEvent::HoldRefused(down()));
        assert!(!effects.contains(&Effect::CallModel) && !effects.contains(&Effect::AbortModel));
        assert!(turn.is_over());
    }

    #[test]
    fn a_failure_keeps_the_reason_and_charges_what_was_shown() {
        let mut turn = calling();
        turn.step(ms(1), TurnEvent::Started(USAGE));
        turn.step(ms(2), TurnEvent::Text("a".to_owned()));
        match turn.step(ms(9), TurnEvent::Failed(down())).pop() {
            Some(Effect::Finish(outcome)) => {
                assert_eq!((outcome.state, outcome.error), (RunState::Failed, Some(down())));
                assert_eq!(outcome.usage, Usage { output_tokens: 1, ..Usage::default() });
            }
            other => panic!("{other:?}"),
        }
    }

    fn any_event() -> impl Strategy<Value = TurnEvent> {
        prop_oneof![
            Just(TurnEvent::Begin),
            Just(TurnEvent::Turned("other".to_owned())),
            Just(TurnEvent::HoldGranted),
            Just(TurnEvent::HoldRefused(down())),
            Just(TurnEvent::Queued { position: 1, wait: None }),
            Just(TurnEvent::Loading),
            Just(TurnEvent::Started(USAGE)),
            Just(TurnEvent::Text("t".to_owned())),
            Just(TurnEvent::Reasoning("r".to_owned())),
            Just(TurnEvent::Answered { reason: FinishReason::Stop, usage: USAGE }),
            Just(TurnEvent::Failed(down())),
            Just(TurnEvent::Cancel),
            Just(TurnEvent::Interrupt),
        ]
    }

    proptest! {
        /// Whatever happens in whatever order: at most one hold, call and end; each end is settled in the same
        /// breath; nothing is published after it.
        #[test]
        fn every_order_of_events_settles_at_most_once(events in prop::collection::vec(any_event(), 0..40)) {
            let mut turn = Turn::new("m");
            let mut all = Vec::new();
            for (i, event) in events.into_iter().enumerate() {
                let was_over = turn.is_over();
                let effects = turn.step(ms(u64::try_from(i).unwrap()), event);
                prop_assert!(!was_over || effects.is_empty());
                all.extend(effects);
            }
            let count = |wanted: fn(&Effect) -> bool| all.iter().filter(|effect| wanted(effect)).count();
            let ends = count(|e| matches!(e, Effect::Finish(_)));
            prop_assert!(ends <= 1 && count(|e| matches!(e, Effect::Hold)) <= 1);
            prop_assert!(count(|e| matches!(e, Effect::CallModel)) <= 1);
            prop_assert_eq!(count(|e| matches!(e, Effect::Settle(_))), ends);
            prop_assert_eq!(ends == 1, turn.is_over());
        }
    }
}
