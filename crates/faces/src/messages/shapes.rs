//! The documents of answers.

use serde::Serialize;
use serde_json::value::RawValue;
use wire::{ErrorCode, FinishReason, Usage};

use super::{call_id, id};
use crate::{Block, Fault, FaultClass, Gathered, Head};

/// A message, whole or at its beginning.
#[derive(Debug, Serialize)]
pub(super) struct MessageDocument {
    id: String,
    r#type: &'static str,
    role: &'static str,
    model: String,
    content: Vec<BlockDocument>,
    stop_reason: Option<&'static str>,
    stop_sequence: Option<String>,
    usage: UsageDocument,
}

/// A block of content.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum BlockDocument {
    Text { text: String },
    Thinking { thinking: String, signature: &'static str },
    ToolUse { id: String, name: String, input: Box<RawValue> },
}

/// What was consumed. Tokens that were not computed again stand beside the input, not in it.
#[derive(Debug, Serialize)]
pub(super) struct UsageDocument {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
}

/// What the output's tokens are.
#[derive(Debug, Serialize)]
struct OutputDetails {
    thinking_tokens: u64,
}

/// How many tokens a prompt has.
#[derive(Debug, Serialize)]
pub(super) struct CountDocument {
    pub(super) input_tokens: u64,
}

/// `{"type": "error", "error": {"type", "message", "code"}}`, with our code inside.
#[derive(Debug, Serialize)]
pub(super) struct ErrorDocument<'a> {
    r#type: &'static str,
    error: ErrorFields<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct ErrorFields<'a> {
    r#type: &'static str,
    message: &'a str,
    code: ErrorCode,
}

impl MessageDocument {
    /// A message of which nothing is said yet.
    pub(super) fn beginning(head: &Head, usage: Usage) -> Self {
        Self {
            id: id(head),
            r#type: "message",
            role: "assistant",
            model: head.model.clone(),
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: usage.into(),
        }
    }

    /// A message that is complete.
    pub(super) fn whole(head: &Head, gathered: &Gathered) -> Self {
        let (reason, usage) = gathered.ending();
        let content = gathered.blocks.iter().map(|block| BlockDocument::whole(head, block)).collect();
        let stop_reason = Some(stop_word(reason));
        Self { content, stop_reason, ..Self::beginning(head, usage) }
    }
}

impl BlockDocument {
    fn whole(head: &Head, block: &Block) -> Self {
        match block {
            Block::Text(text) => Self::Text { text: text.clone() },
            Block::Reasoning(text) => Self::Thinking { thinking: text.clone(), signature: "" },
            Block::Call(call) => Self::ToolUse {
                id: call_id(head, call.index),
                name: call.name.clone(),
                input: input(&call.arguments),
            },
        }
    }
}

/// Arguments as an object. Those of a call that was cut go as what they are, in one.
pub(super) fn input(arguments: &str) -> Box<RawValue> {
    let object = |text: &str| {
        let text = text.trim();
        RawValue::from_string(text.to_owned()).ok().filter(|_| text.starts_with('{'))
    };
    let broken = || {
        let text = serde_json::Value::from(arguments);
        object(&format!(r#"{{"invalid_json":{text}}}"#))
    };
    let empty = || object("{}").unwrap_or_default();
    if arguments.trim().is_empty() {
        empty()
    } else {
        object(arguments).or_else(broken).unwrap_or_else(empty)
    }
}

impl From<Usage> for UsageDocument {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens.saturating_sub(usage.cached_tokens),
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: usage.cached_tokens,
            output_tokens: usage.output_tokens,
            output_tokens_details: OutputDetails { thinking_tokens: usage.reasoning_tokens },
        }
    }
}

impl<'a> ErrorDocument<'a> {
    pub(super) fn of(fault: &'a Fault) -> Self {
        let error =
            ErrorFields { r#type: error_word(fault.class), message: &fault.message, code: fault.code };
        Self { r#type: "error", error }
    }
}

/// The face's word for why a model stopped. Which of its stop sequences it met, it does not tell.
pub(super) fn stop_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::Cancelled => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
    }
}

fn error_word(class: FaultClass) -> &'static str {
    match class {
        FaultClass::Invalid => "invalid_request_error",
        FaultClass::Unauthenticated => "authentication_error",
        FaultClass::Payment => "billing_error",
        FaultClass::Forbidden => "permission_error",
        FaultClass::NotFound => "not_found_error",
        FaultClass::TooLarge => "request_too_large",
        FaultClass::RateLimited => "rate_limit_error",
        FaultClass::Busy => "overloaded_error",
        FaultClass::Broken => "api_error",
    }
}
