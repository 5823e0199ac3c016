//! From events to the message they describe.

use crate::{Event, Part, RunState};

/// The message a run has written so far: a pure fold of its events. Clients and recovery use the same rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    parts: Vec<Part>,
    last_seq: u64,
    outcome: Option<RunState>,
}

impl Fold {
    /// Takes the next event. Numbers already seen are ignored, so that a replay that overlaps does no harm.
    pub fn apply(&mut self, seq: u64, event: &Event) {
        if seq <= self.last_seq {
            return;
        }
        self.last_seq = seq;
        match event {
            Event::Queued { .. }
            | Event::Loading { .. }
            | Event::Started { .. }
            | Event::Stepped { .. }
            | Event::Spent { .. } => {}
            Event::TextDelta { text } => match self.parts.last_mut() {
                Some(Part::Text { text: so_far }) => so_far.push_str(text),
                _ => self.parts.push(Part::Text { text: text.clone() }),
            },
            Event::ReasoningDelta { text } => match self.parts.last_mut() {
                Some(Part::Reasoning { text: so_far, millis: None }) => so_far.push_str(text),
                _ => self.parts.push(Part::Reasoning { text: text.clone(), millis: None }),
            },
            Event::ReasoningDone { millis } => {
                if let Some(Part::Reasoning { millis: took, .. }) = self.parts.last_mut() {
                    *took = Some(*millis);
                }
            }
            Event::Called { call } => self.parts.push(Part::Tool { call: call.clone() }),
            Event::Returned { call_id, state } => {
                let mut calls = self.parts.iter_mut().filter_map(|part| match part {
                    Part::Tool { call } => Some(call),
                    Part::Text { .. } | Part::Reasoning { .. } => None,
                });
                if let Some(call) = calls.find(|call| call.call_id == *call_id) {
                    call.state = state.clone();
                }
            }
            Event::Finished { state, .. } => self.outcome = Some(*state),
        }
    }

    /// The parts written so far.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The number of the last event taken; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The final state, once the last event was taken.
    pub fn outcome(&self) -> Option<RunState> {
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ToolClass, ToolState, ToolUse};

    fn text(text: &str) -> Event {
        Event::TextDelta { text: text.to_owned() }
    }

    #[test]
    fn deltas_join_into_parts_in_order() {
        let mut fold = Fold::default();
        let thought = Event::ReasoningDelta { text: "hm".to_owned() };
        for (i, event) in
            [thought, Event::ReasoningDone { millis: 7 }, text("你"), text("好")].iter().enumerate()
        {
            fold.apply(u64::try_from(i).unwrap() + 1, event);
        }
        assert_eq!(
            fold.parts(),
            [
                Part::Reasoning { text: "hm".to_owned(), millis: Some(7) },
                Part::Text { text: "你好".to_owned() }
            ]
        );
    }

    #[test]
    fn a_replay_that_overlaps_changes_nothing() {
        let mut fold = Fold::default();
        fold.apply(1, &text("a"));
        fold.apply(2, &text("b"));
        let before = fold.clone();
        fold.apply(1, &text("a"));
        fold.apply(2, &text("b"));
        assert_eq!(fold, before);
        fold.apply(3, &text("c"));
        assert_eq!(fold.parts(), [Part::Text { text: "abc".to_owned() }]);
    }

    #[test]
    fn a_call_stands_where_it_was_made_and_says_what_came_of_it() {
        let call = |state| ToolUse {
            call_id: "r-1-0".to_owned(),
            tool: "now".to_owned(),
            title: "Time".to_owned(),
            class: ToolClass::Read,
            is_outside: false,
            arguments: "{}".to_owned(),
            state,
        };
        let answered =
            ToolState::Answered { text: "noon".to_owned(), links: Vec::new(), files: Vec::new(), millis: 3 };
        let mut fold = Fold::default();
        fold.apply(1, &text("Let me see."));
        fold.apply(2, &Event::Called { call: Box::new(call(ToolState::Underway)) });
        fold.apply(3, &text("Noon."));
        fold.apply(4, &Event::Returned { call_id: "r-1-0".to_owned(), state: answered.clone() });
        fold.apply(5, &Event::Returned { call_id: "other".to_owned(), state: ToolState::Unknown });
        let tool = Part::Tool { call: Box::new(call(answered)) };
        let said = |text: &str| Part::Text { text: text.to_owned() };
        assert_eq!(fold.parts(), [said("Let me see."), tool, said("Noon.")]);
    }

    #[test]
    fn the_last_event_carries_the_outcome() {
        let mut fold = Fold::default();
        assert_eq!(fold.outcome(), None);
        let end = Event::Finished {
            state: RunState::Cancelled,
            finish_reason: None,
            usage: None,
            timings: None,
            error: None,
            cost: None,
        };
        fold.apply(1, &end);
        assert_eq!(fold.outcome(), Some(RunState::Cancelled));
    }
}
