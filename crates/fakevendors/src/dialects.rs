//! How answers are told, each dialect in its own words.

mod chat_completions;
mod generate_content;
mod messages;
mod responses;

use catalog::Dialect;

use crate::answer::Answer;
use crate::question::Asked;
use crate::script::UsageForm;
use crate::tape::Tape;

/// An answer that is about to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) answer: &'a Answer,
    pub(crate) usage: UsageForm,
    /// Of this answer among all.
    pub(crate) number: u64,
    /// Seconds since 1970.
    pub(crate) created: i64,
}

impl Telling<'_> {
    /// Writes the whole body.
    pub(crate) fn tape(&self) -> Tape {
        let (output, reasoning) = (self.answer.account.output_tokens, self.answer.account.reasoning_tokens);
        match (self.asked.dialect, self.asked.is_streamed) {
            (Dialect::Messages, true) => messages::stream(self),
            (Dialect::Messages, false) => Tape::whole(messages::whole(self), output, reasoning),
            (Dialect::Responses, true) => responses::stream(self),
            (Dialect::Responses, false) => Tape::whole(responses::whole(self), output, reasoning),
            (Dialect::GenerateContent, true) => generate_content::stream(self),
            (Dialect::GenerateContent, false) => {
                Tape::whole(generate_content::whole(self), output, reasoning)
            }
            (Dialect::ChatCompletions, true) => chat_completions::stream(self),
            (Dialect::ChatCompletions, false) => {
                Tape::whole(chat_completions::whole(self), output, reasoning)
            }
        }
    }

    /// Tokens that are thought and not shown: whoever hears of the answer has paid for them.
    fn hidden(&self) -> u64 {
        let shown: u64 = self.answer.reasoning.iter().map(|piece| crate::answer::tokens(piece)).sum();
        self.answer.account.reasoning_tokens.saturating_sub(shown)
    }

    /// Pieces of a stream, about.
    fn pieces(&self) -> usize {
        let calls: usize = self.answer.calls.iter().map(|call| call.arguments.len().saturating_add(3)).sum();
        let told = self.answer.text.len().saturating_add(self.answer.reasoning.len());
        told.saturating_add(calls).saturating_add(10)
    }
}

/// The content type of a body.
pub(crate) fn content_type(is_streamed: bool) -> &'static str {
    if is_streamed { "text/event-stream; charset=utf-8" } else { "application/json" }
}
