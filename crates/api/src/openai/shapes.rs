//! The documents of chat completions.

use ports::{AnswerForm, ChatMessage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::{FinishReason, Role, Usage};

/// A request. Fields that are not here are accepted and have no effect, as the face does with fields of newer
/// versions; those that would change the answer and are not there yet are refused in `chat.rs`.
#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    pub(super) stream_options: Option<StreamOptions>,
    pub(super) n: Option<u32>,
    pub(super) tools: Option<Vec<serde_json::Value>>,
    pub(super) response_format: Option<ResponseFormat>,
    pub(super) logprobs: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct StreamOptions {
    #[serde(default)]
    pub(super) include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<NamedSchema>,
}

#[derive(Debug, Deserialize)]
struct NamedSchema {
    schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

impl ResponseFormat {
    /// The form as a model takes it; an error names what is not possible. A schema is strict unless it says that it
    /// is not.
    pub(super) fn form(self) -> Result<AnswerForm, String> {
        match (self.kind.as_str(), self.json_schema) {
            ("text", _) => Ok(AnswerForm::Text),
            ("json_object", _) => Ok(AnswerForm::JsonObject),
            ("json_schema", Some(NamedSchema { schema: Some(schema), strict })) => {
                Ok(AnswerForm::JsonSchema { schema: schema.get().to_owned(), strict: strict.unwrap_or(true) })
            }
            ("json_schema", _) => Err("response_format.json_schema.schema: missing".to_owned()),
            (other, _) => Err(format!("response_format: there is no type `{other}`")),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) role: String,
    pub(super) content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Debug, Deserialize)]
pub(super) struct ContentPart {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

impl Message {
    /// The message as a model takes it; an error names what is not possible.
    pub(super) fn to_chat(&self) -> Result<ChatMessage, String> {
        let role = match self.role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => return Err(format!("messages: role `{other}` is not supported yet")),
        };
        let content = match &self.content {
            None => String::new(),
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => match parts.iter().find(|part| part.kind != "text") {
                Some(other) => {
                    return Err(format!("messages: parts of type `{}` are not supported yet", other.kind));
                }
                None => parts.iter().map(|part| part.text.as_str()).collect(),
            },
        };
        Ok(ChatMessage { role, content })
    }
}

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
    pub(super) logprobs: Option<()>,
    pub(super) finish_reason: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) role: &'static str,
    pub(super) content: String,
    pub(super) refusal: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reasoning_content: String,
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
    pub(super) logprobs: Option<()>,
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
}

#[derive(Debug, Serialize)]
pub(super) struct UsageDocument {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
}

#[derive(Debug, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
}

impl From<Usage> for UsageDocument {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.input_tokens,
            completion_tokens: usage.output_tokens,
            total_tokens: usage.input_tokens + usage.output_tokens,
            prompt_tokens_details: PromptDetails { cached_tokens: usage.cached_tokens },
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
    }
}
