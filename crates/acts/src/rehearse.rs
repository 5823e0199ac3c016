//! A turn without books, threads and readers: for evaluations, and for whoever wants to know what an agent would do.

use std::sync::Arc;
use std::time::Duration;

use agent::{Effect, Kit, Outcome, Turn, TurnEvent};
use futures_util::StreamExt as _;
use ports::{ChatModel, ChatRequest, ChatStream, ToolChoice, Toolbox};
use stdx::Clock;
use wire::{Event, Fold, Part, ToolUse};

use crate::{Performing, Whose, closing, messages, turn_event};

/// Where a turn is rehearsed.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Who answers.
    pub chat: Arc<dyn ChatModel>,
    /// What can be called. Calls are really made, as far as the kit allows them by itself.
    pub toolbox: Arc<dyn Toolbox>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// For whom.
    pub whose: Whose,
}

/// What came of a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// What the answer is made of.
    pub parts: Vec<Part>,
    /// How it ended.
    pub outcome: Outcome,
    /// How often the model was asked.
    pub steps: u32,
}

impl Rehearsal {
    /// What was said, without what was called.
    pub fn text(&self) -> String {
        let text = |part: &Part| match part {
            Part::Text { text } => Some(text.clone()),
            Part::Reasoning { .. } | Part::Tool { .. } => None,
        };
        self.parts.iter().filter_map(text).collect()
    }

    /// What was called, in order.
    pub fn calls(&self) -> impl Iterator<Item = &ToolUse> {
        self.parts.iter().filter_map(|part| match part {
            Part::Tool { call } => Some(call.as_ref()),
            Part::Text { .. } | Part::Reasoning { .. } => None,
        })
    }
}

impl Stage {
    /// Plays a whole turn.
    pub async fn rehearse(&self, request: ChatRequest, kit: Kit) -> Rehearsal {
        let began = self.clock.monotonic();
        let at = || self.clock.monotonic().saturating_sub(began);
        let mut turn = Turn::new(request.model.clone()).with(kit);
        let mut performing = Performing::new(Arc::clone(&self.clock));
        let (mut fold, mut stream) = (Fold::default(), None::<ChatStream>);
        let mut effects = turn.step(Duration::ZERO, TurnEvent::Begin);
        loop {
            let mut is_held = false;
            for effect in effects {
                match effect {
                    Effect::Hold => is_held = true,
                    Effect::CallModel => stream = Some(self.chat.chat(next(&request, &turn))),
                    Effect::AbortModel => stream = None,
                    Effect::Perform(call) => performing.begin(&self.toolbox, &self.whose, &call),
                    Effect::AbortTools => performing.stop(),
                    Effect::Publish(event) => publish(&mut fold, &event),
                    Effect::Settle(_) => stream = None,
                    Effect::Finish(outcome) => {
                        let (parts, steps) = (fold.parts().to_vec(), turn.step_number());
                        return Rehearsal { parts, outcome, steps };
                    }
                }
            }
            let event = match &mut stream {
                _ if is_held => TurnEvent::HoldGranted,
                Some(stream) => turn_event(stream.next().await),
                None => {
                    let (call_id, state) = performing.next().await;
                    TurnEvent::Returned { call_id, state }
                }
            };
            effects = turn.step(at(), event);
        }
    }
}

/// What the model is asked in the present step.
fn next(request: &ChatRequest, turn: &Turn) -> ChatRequest {
    let mut next = request.clone();
    if turn.may_call() {
        next.messages.extend(messages(turn.said().to_vec()));
    } else {
        next.messages.extend(closing(turn.said()));
        next.tools.choice = ToolChoice::None;
    }
    next
}

fn publish(fold: &mut Fold, event: &Event) {
    fold.apply(fold.last_seq() + 1, event);
}
