//! The documents of answers.

use serde::Serialize;
use serde_json::value::RawValue;
use wire::{ErrorCode, FinishReason, Usage};

use super::request::Echo;
use crate::{Block, Fault, Gathered, Head};

/// A response, at its beginning, at its end, or where it failed. Its parts are written one after the other as if they
/// were one.
#[derive(Debug, Serialize)]
pub(super) struct ResponseDocument<'a> {
    id: String,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    error: Option<ErrorDocument<'a>>,
    incomplete_details: Option<IncompleteDocument>,
    model: &'a str,
    output: Vec<ItemDocument>,
    usage: Option<UsageDocument>,
    #[serde(flatten)]
    said: SaidDocument<'a>,
}

/// What was asked.
#[derive(Debug, Serialize)]
struct SaidDocument<'a> {
    background: bool,
    instructions: Option<&'a RawValue>,
    max_output_tokens: Option<u32>,
    metadata: Value<'a>,
    parallel_tool_calls: bool,
    previous_response_id: Option<&'a str>,
    reasoning: Value<'a>,
    store: bool,
    temperature: Option<f64>,
    text: Value<'a>,
    tool_choice: Value<'a>,
    tools: Value<'a>,
    top_p: Option<f64>,
    truncation: &'static str,
}

/// What was said, or what is usual.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Said(&'a RawValue),
    Usual(serde_json::Value),
}

#[derive(Debug, Serialize)]
struct ErrorDocument<'a> {
    code: ErrorCode,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct IncompleteDocument {
    reason: &'static str,
}

/// An item of the output.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ItemDocument {
    Message { id: String, status: &'static str, role: &'static str, content: Vec<PartDocument> },
    Reasoning { id: String, status: &'static str, summary: [(); 0], content: Vec<PartDocument> },
    FunctionCall { id: String, status: &'static str, call_id: String, name: String, arguments: String },
}

/// A part of an item.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum PartDocument {
    OutputText { text: String, annotations: [(); 0], logprobs: [(); 0] },
    ReasoningText { text: String },
}

#[derive(Debug, Serialize)]
struct UsageDocument {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Debug, Serialize)]
struct InputDetails {
    cached_tokens: u64,
}

#[derive(Debug, Serialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

/// How far an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing of it is told.
    Begun,
    /// All of it is told.
    Done,
    /// It was cut.
    Cut,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Begun => "in_progress",
            Self::Done => "completed",
            Self::Cut => "incomplete",
        }
    }
}

impl<'a> ResponseDocument<'a> {
    /// A response that is being written.
    pub(super) fn begun(head: &'a Head, echo: &'a Echo) -> Self {
        Self {
            id: format!("resp_{}", head.id),
            object: "response",
            created_at: head.created,
            status: "in_progress",
            error: None,
            incomplete_details: None,
            model: &head.model,
            output: Vec::new(),
            usage: None,
            said: SaidDocument::of(echo),
        }
    }

    /// A response that is over.
    pub(super) fn ended(head: &'a Head, echo: &'a Echo, gathered: &Gathered) -> Self {
        let (reason, usage) = gathered.ending();
        let cut = reason == FinishReason::Length;
        Self {
            status: if cut { "incomplete" } else { "completed" },
            incomplete_details: cut.then_some(IncompleteDocument { reason: "max_output_tokens" }),
            output: items(head, gathered, cut),
            usage: Some(usage.into()),
            ..Self::begun(head, echo)
        }
    }

    /// A response that somebody stopped, with what was told of it.
    pub(super) fn cancelled(head: &'a Head, echo: &'a Echo, gathered: &Gathered) -> Self {
        Self { status: "cancelled", output: items(head, gathered, true), ..Self::begun(head, echo) }
    }

    /// A response that failed, with what was told of it.
    pub(super) fn failed(head: &'a Head, echo: &'a Echo, gathered: &Gathered, fault: &'a Fault) -> Self {
        let error = Some(ErrorDocument { code: fault.code, message: &fault.message });
        let output = items(head, gathered, true);
        Self { status: "failed", error, output, ..Self::begun(head, echo) }
    }
}

/// All items; of an answer that was cut, the last one was.
fn items(head: &Head, gathered: &Gathered, is_cut: bool) -> Vec<ItemDocument> {
    let last = gathered.blocks.len().saturating_sub(1);
    let stage = |at| if is_cut && at == last { Stage::Cut } else { Stage::Done };
    let blocks = gathered.blocks.iter().enumerate();
    blocks.map(|(at, block)| ItemDocument::of(head, at, block, stage(at))).collect()
}

/// The id of an item, which stands at a place of the output.
pub(super) fn item_id(head: &Head, at: usize, block: &Block) -> String {
    let kind = match block {
        Block::Text(_) => "msg",
        Block::Reasoning(_) => "rs",
        Block::Call(_) => "fc",
    };
    format!("{kind}_{}_{at}", head.id)
}

impl ItemDocument {
    pub(super) fn of(head: &Head, at: usize, block: &Block, stage: Stage) -> Self {
        let (id, status) = (item_id(head, at, block), stage.word());
        let content: Vec<_> = PartDocument::of(block).filter(|_| stage != Stage::Begun).into_iter().collect();
        match block {
            Block::Text(_) => Self::Message { id, status, role: "assistant", content },
            Block::Reasoning(_) => Self::Reasoning { id, status, summary: [], content },
            Block::Call(call) => {
                let arguments = if stage == Stage::Begun { String::new() } else { call.arguments.clone() };
                let (call_id, name) = (head.call_id(0, call.index), call.name.clone());
                Self::FunctionCall { id, status, call_id, name, arguments }
            }
        }
    }
}

impl PartDocument {
    /// The part of an item that has one.
    pub(super) fn of(block: &Block) -> Option<Self> {
        match block {
            Block::Text(text) => Some(Self::text(text.clone())),
            Block::Reasoning(text) => Some(Self::ReasoningText { text: text.clone() }),
            Block::Call(_) => None,
        }
    }

    /// The same before anything of it is told.
    pub(super) fn begun(block: &Block) -> Option<Self> {
        match block {
            Block::Text(_) => Some(Self::text(String::new())),
            Block::Reasoning(_) => Some(Self::ReasoningText { text: String::new() }),
            Block::Call(_) => None,
        }
    }

    fn text(text: String) -> Self {
        Self::OutputText { text, annotations: [], logprobs: [] }
    }
}

impl<'a> SaidDocument<'a> {
    fn of(echo: &'a Echo) -> Self {
        let said = |value: &'a Option<Box<RawValue>>, usual: fn() -> serde_json::Value| {
            value.as_deref().map_or_else(|| Value::Usual(usual()), Value::Said)
        };
        Self {
            background: echo.background.unwrap_or(false),
            instructions: echo.instructions.as_deref(),
            max_output_tokens: echo.max_output_tokens,
            metadata: said(&echo.metadata, || serde_json::json!({})),
            parallel_tool_calls: echo.parallel_tool_calls.unwrap_or(true),
            previous_response_id: echo.previous_response_id.as_deref(),
            reasoning: said(&echo.reasoning, || serde_json::json!({"effort": null, "summary": null})),
            store: echo.store.unwrap_or(true),
            temperature: echo.temperature,
            text: said(&echo.text, || serde_json::json!({"format": {"type": "text"}})),
            tool_choice: said(&echo.tool_choice, || serde_json::json!("auto")),
            tools: said(&echo.tools, || serde_json::json!([])),
            top_p: echo.top_p,
            truncation: "disabled",
        }
    }
}

impl From<Usage> for UsageDocument {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            input_tokens_details: InputDetails { cached_tokens: usage.cached_tokens },
            output_tokens: usage.output_tokens,
            output_tokens_details: OutputDetails { reasoning_tokens: usage.reasoning_tokens },
            total_tokens: usage.input_tokens + usage.output_tokens,
        }
    }
}
