//! From tokens to what is told of an answer.

use llama_cpp_4::chat::ChatParams;
use serde::Deserialize;
use wire::{ErrorCode, FinishReason};

use super::text::{AnswerText, Delta, End, Parsed, Reader, ReasoningSplitter, StructuredText};
use crate::protocol::Failure;

/// What is made of an answer's text.
pub(super) enum Answer {
    /// Text, and reasoning apart.
    Plain(AnswerText),
    /// JSON in the form of the model's chat template.
    Json(Box<StructuredText>),
}

impl Answer {
    /// JSON, read by the template that asked for it.
    pub(super) fn json(applied: ChatParams, reasoning: ReasoningSplitter) -> Self {
        Self::Json(Box::new(StructuredText::new(reader(applied), reasoning)))
    }

    /// Adds the bytes of one token.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Delta {
        match self {
            Self::Plain(text) => text.push(bytes),
            Self::Json(text) => text.push(bytes),
        }
    }

    /// The rest, and what is told of the end.
    pub(super) fn finish(&mut self, reason: FinishReason) -> (Delta, Result<FinishReason, Failure>) {
        match self {
            Self::Plain(text) => (text.finish(), Ok(reason)),
            Self::Json(text) => match text.finish(end(reason)) {
                Some(delta) => (delta, Ok(reason)),
                None => {
                    let detail = "The model's answer does not have the form that was asked for.";
                    (Delta::default(), Err(Failure::new(ErrorCode::EngineFailed, detail)))
                }
            },
        }
    }
}

fn end(reason: FinishReason) -> End {
    match reason {
        FinishReason::Stop => End::Whole,
        FinishReason::Length | FinishReason::Cancelled => End::Cut,
    }
}

/// The message that the library makes of a text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Option<String>,
    reasoning_content: Option<String>,
}

fn reader(applied: ChatParams) -> Reader {
    Box::new(move |text, goes_on| {
        let message: Message = serde_json::from_str(&applied.parse(text, goes_on).ok()?).ok()?;
        Some(Parsed {
            reasoning: message.reasoning_content.unwrap_or_default(),
            content: message.content.unwrap_or_default(),
        })
    })
}
