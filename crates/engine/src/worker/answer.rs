//! From tokens to what is told of an answer.

use llama_cpp_4::chat::ChatParams;
use ports::Tools;
use serde::Deserialize;
use speech::{
    AnswerText, Calls, Delta, End, Ended, Form, Parsed, ParsedCall, Reader, ReasoningSplitter,
    StructuredText, marked,
};
use wire::{ErrorCode, FinishReason};

use crate::protocol::Failure;

/// What is made of an answer's text.
pub(super) enum Answer {
    /// Text, and reasoning apart.
    Plain(AnswerText),
    /// JSON, or calls of tools.
    Structured(Box<StructuredText>),
}

impl Answer {
    /// JSON, read by the template that asked for it.
    pub(super) fn json(applied: ChatParams, reasoning: ReasoningSplitter) -> Self {
        Self::Structured(Box::new(StructuredText::new(library(applied), Form::Json, reasoning)))
    }

    /// Calls between marks; `json` when what is said instead must be JSON.
    pub(super) fn marked(tools: &Tools, json: bool, stop: Vec<String>, reasoning: ReasoningSplitter) -> Self {
        let form = Form::Calls(Calls { json, stop, ..calls(tools) });
        // Where JSON is asked for, JSON without marks is the answer.
        let bare =
            if json { Vec::new() } else { tools.offered.iter().map(|tool| tool.name.clone()).collect() };
        let reader = Reader::Ours(Box::new(move |text, goes_on| marked::read(text, &bare, goes_on)));
        Self::Structured(Box::new(StructuredText::new(reader, form, reasoning)))
    }

    /// Calls in the form of the template; `held` when a grammar holds them.
    pub(super) fn template(
        applied: ChatParams,
        tools: &Tools,
        held: bool,
        stop: Vec<String>,
        reasoning: ReasoningSplitter,
    ) -> Self {
        let form = Form::Calls(Calls { held, stop, ..calls(tools) });
        Self::Structured(Box::new(StructuredText::new(library(applied), form, reasoning)))
    }

    /// True while the model reasons.
    pub(super) fn is_reasoning(&self) -> bool {
        match self {
            Self::Plain(text) => text.is_reasoning(),
            Self::Structured(text) => text.is_reasoning(),
        }
    }

    /// True when no character is half written.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Plain(text) => text.is_whole(),
            Self::Structured(text) => text.is_whole(),
        }
    }

    /// Adds the bytes of one token. Of an answer with a form it is asked whether what was written is still held to it.
    pub(super) fn push(&mut self, bytes: &[u8], is_held: impl FnOnce(&str) -> bool) -> Delta {
        match self {
            Self::Plain(text) => text.push(bytes),
            Self::Structured(text) => text.push(bytes, is_held),
        }
    }

    /// The rest, and what is told of the end.
    pub(super) fn finish(&mut self, reason: FinishReason) -> (Delta, Result<FinishReason, Failure>) {
        let text = match self {
            Self::Plain(text) => return (text.finish(), Ok(reason)),
            Self::Structured(text) => text,
        };
        match text.finish(end(reason)) {
            Ended::Said(delta) => (delta, Ok(reason)),
            Ended::Called(delta) => (delta, Ok(FinishReason::ToolCalls)),
            Ended::Broken => {
                let detail = "The model's answer does not have the form that was asked for.";
                (Delta::default(), Err(Failure::new(ErrorCode::EngineFailed, detail)))
            }
        }
    }
}

fn calls(tools: &Tools) -> Calls {
    Calls {
        names: tools.offered.iter().map(|tool| tool.name.clone()).collect(),
        parallel: tools.parallel,
        held: true,
        json: false,
        stop: Vec::new(),
    }
}

fn end(reason: FinishReason) -> End {
    match reason {
        FinishReason::Stop | FinishReason::ToolCalls => End::Whole,
        FinishReason::Length | FinishReason::Cancelled => End::Cut,
    }
}

/// The message that the library makes of a text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Option<String>,
    reasoning_content: Option<String>,
    tool_calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
struct Call {
    function: Function,
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: String,
}

fn library(applied: ChatParams) -> Reader {
    Reader::Library(Box::new(move |text, goes_on| {
        let message: Message = serde_json::from_str(&applied.parse(text, goes_on).ok()?).ok()?;
        Some(Parsed {
            reasoning: message.reasoning_content.unwrap_or_default(),
            content: message.content.unwrap_or_default(),
            calls: message.tool_calls.into_iter().map(|call| parsed(call.function)).collect(),
        })
    }))
}

fn parsed(Function { name, arguments }: Function) -> ParsedCall {
    let is_whole = serde_json::from_str::<serde::de::IgnoredAny>(&arguments).is_ok();
    ParsedCall { name, arguments, is_whole }
}
