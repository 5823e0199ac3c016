//! The documents of answers.

use ports::TokenLogprob;
use serde::Serialize;
use wire::{FinishReason, Usage};

/// An answer that is complete.
#[derive(Debug, Serialize)]
pub(crate) struct Completion {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) created: u64,
    pub(crate) model: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) usage: UsageDocument,
}

#[derive(Debug, Serialize)]
pub(crate) struct Choice {
    pub(crate) index: u32,
    pub(crate) message: Answer,
    pub(crate) logprobs: Option<LogprobsDocument>,
    pub(crate) finish_reason: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) role: &'static str,
    /// Absent when the model says nothing and only calls.
    pub(crate) content: Option<String>,
    pub(crate) refusal: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) reasoning_content: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_calls: Vec<CallDocument>,
}

/// A call of a function.
#[derive(Debug, Serialize)]
pub(crate) struct CallDocument {
    pub(crate) id: String,
    pub(crate) r#type: &'static str,
    pub(crate) function: FunctionDocument,
}

#[derive(Debug, Serialize)]
pub(crate) struct FunctionDocument {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// How probable the tokens of an answer were.
#[derive(Debug, Serialize)]
pub(crate) struct LogprobsDocument {
    content: Vec<TokenDocument>,
    refusal: Option<()>,
}

#[derive(Debug, Serialize)]
struct TokenDocument {
    token: String,
    logprob: f32,
    bytes: Vec<u8>,
    top_logprobs: Vec<AlternativeDocument>,
}

#[derive(Debug, Serialize)]
struct AlternativeDocument {
    token: String,
    logprob: f32,
    bytes: Vec<u8>,
}

impl LogprobsDocument {
    /// Absent when there is nothing to tell.
    pub(crate) fn of(tokens: Vec<TokenLogprob>) -> Option<Self> {
        let content: Vec<_> = tokens.into_iter().map(TokenDocument::from).collect();
        (!content.is_empty()).then_some(Self { content, refusal: None })
    }
}

impl From<TokenLogprob> for TokenDocument {
    fn from(token: TokenLogprob) -> Self {
        let TokenLogprob { token, logprob, bytes, alternatives } = token;
        let alternative =
            |TokenLogprob { token, logprob, bytes, .. }| AlternativeDocument { token, logprob, bytes };
        Self { token, logprob, bytes, top_logprobs: alternatives.into_iter().map(alternative).collect() }
    }
}

/// A piece of an answer.
#[derive(Debug, Serialize)]
pub(crate) struct Chunk {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) created: u64,
    pub(crate) model: String,
    pub(crate) choices: Vec<ChunkChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<UsageDocument>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ChunkChoice {
    pub(crate) index: u32,
    pub(crate) delta: Delta,
    pub(crate) logprobs: Option<LogprobsDocument>,
    pub(crate) finish_reason: Option<&'static str>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_calls: Vec<CallDelta>,
}

/// The beginning of a call, with id, type and name, or more of its arguments.
#[derive(Debug, Serialize)]
pub(crate) struct CallDelta {
    pub(crate) index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) r#type: Option<&'static str>,
    pub(crate) function: FunctionDelta,
}

#[derive(Debug, Serialize)]
pub(crate) struct FunctionDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) arguments: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct UsageDocument {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Debug, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
}

#[derive(Debug, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

impl From<Usage> for UsageDocument {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.input_tokens,
            completion_tokens: usage.output_tokens,
            total_tokens: usage.input_tokens + usage.output_tokens,
            prompt_tokens_details: PromptDetails { cached_tokens: usage.cached_tokens },
            completion_tokens_details: CompletionDetails { reasoning_tokens: usage.reasoning_tokens },
        }
    }
}

/// The face's word for why a model stopped.
pub(crate) fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::Cancelled => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
    }
}
