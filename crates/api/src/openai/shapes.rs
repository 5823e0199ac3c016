//! The documents of answers.

use ports::TokenLogprob;
use serde::Serialize;
use wire::{FinishReason, Usage};

/// An answer that is complete.
#[derive(Debug, Serialize)]
pub(super) struct Completion {
    pub(super) id: String,
    pub(super) object: &'static str,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) choices: Vec<Choice>,
    pub(super) usage: UsageDocument,
}

#[derive(Debug, Serialize)]
pub(super) struct Choice {
    pub(super) index: u32,
    pub(super) message: Answer,
    pub(super) logprobs: Option<LogprobsDocument>,
    pub(super) finish_reason: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) role: &'static str,
    /// Absent when the model says nothing and only calls.
    pub(super) content: Option<String>,
    pub(super) refusal: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reasoning_content: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<CallDocument>,
}

/// A call of a function.
#[derive(Debug, Serialize)]
pub(super) struct CallDocument {
    pub(super) id: String,
    pub(super) r#type: &'static str,
    pub(super) function: FunctionDocument,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionDocument {
    pub(super) name: String,
    pub(super) arguments: String,
}

/// How probable the tokens of an answer were.
#[derive(Debug, Serialize)]
pub(super) struct LogprobsDocument {
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
    pub(super) fn of(tokens: Vec<TokenLogprob>) -> Option<Self> {
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
pub(super) struct Chunk {
    pub(super) id: String,
    pub(super) object: &'static str,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) choices: Vec<ChunkChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<UsageDocument>,
}

#[derive(Debug, Serialize)]
pub(super) struct ChunkChoice {
    pub(super) index: u32,
    pub(super) delta: Delta,
    pub(super) logprobs: Option<LogprobsDocument>,
    pub(super) finish_reason: Option<&'static str>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<CallDelta>,
}

/// The beginning of a call, with id, type and name, or more of its arguments.
#[derive(Debug, Serialize)]
pub(super) struct CallDelta {
    pub(super) index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<&'static str>,
    pub(super) function: FunctionDelta,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) arguments: String,
}

#[derive(Debug, Serialize)]
pub(super) struct UsageDocument {
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

/// What was read, where nothing is written.
#[derive(Debug, Serialize)]
pub(super) struct InputUsage {
    prompt_tokens: u64,
    total_tokens: u64,
}

impl From<u64> for InputUsage {
    fn from(tokens: u64) -> Self {
        Self { prompt_tokens: tokens, total_tokens: tokens }
    }
}

/// The face's word for why a model stopped.
pub(super) fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::Cancelled => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
    }
}
