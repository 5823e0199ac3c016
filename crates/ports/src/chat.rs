//! A model that continues a conversation.

use std::fmt;
use std::pin::Pin;

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use wire::{FinishReason, Role, Usage};

use crate::PortError;

/// One entry of the conversation as a model sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
}

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is greedy; at most 2.
    pub temperature: f32,
    /// Keep the most probable tokens whose probabilities sum up to this; 1 keeps all.
    pub top_p: f32,
    /// The same seed gives the same text on the same machine when nothing else runs; absent: a fresh one.
    pub seed: Option<u32>,
    /// At most so many tokens; absent: until the context is full.
    pub max_tokens: Option<u32>,
    /// The answer ends before the first of these; the text of the match is not given out.
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.7, top_p: 0.95, seed: None, max_tokens: None, stop: Vec::new() }
    }
}

/// What a model is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The model's id in the catalogue.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// Requests of one scope (a member, say) may share what was computed of their prompts; absent: nothing is shared.
    /// The time of an answer must not tell one member what another asked.
    pub scope: Option<String>,
}

/// What a model tells while it works. After `Done` or an error nothing follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// The request waits behind `position` others.
    Queued {
        /// Requests before this one.
        position: u32,
    },
    /// The model is being brought into memory.
    Loading,
    /// The prompt is being read.
    Started,
    /// More of the answer; always whole characters, never empty.
    Text(String),
    /// More of the reasoning; always whole characters, never empty.
    Reasoning(String),
    /// The end.
    Done {
        /// Why it stopped.
        reason: FinishReason,
        /// What it consumed.
        usage: Usage,
    },
}

/// The events of one call. Dropping it cancels the call.
pub type ChatStream = Pin<Box<dyn Stream<Item = Result<ChatEvent, PortError>> + Send>>;

/// A place that answers chats.
pub trait ChatModel: Send + Sync + fmt::Debug {
    /// Begins a call. Failures come through the stream.
    fn chat(&self, request: ChatRequest) -> ChatStream;
}
