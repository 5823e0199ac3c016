//! A model that continues a conversation.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use wire::{FinishReason, Role, Usage};

use crate::{AnswerForm, PortError, Sampling};

/// One entry of the conversation as a model sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
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
    /// What form the answer must have.
    pub form: AnswerForm,
    /// Requests of one scope (a member, say) may share what was computed of their prompts; absent: nothing is shared.
    /// The time of an answer must not tell one member what another asked.
    pub scope: Option<String>,
    /// So many of the first messages are a published agent's own words, the same for everybody: what is computed of
    /// them is shared by all and kept.
    pub fixed_messages: usize,
}

impl ChatRequest {
    /// A conversation to be continued in the usual way: any text, and nothing shared.
    pub fn new(model: impl Into<String>, messages: Vec<ChatMessage>) -> Self {
        Self {
            model: model.into(),
            messages,
            sampling: Sampling::default(),
            form: AnswerForm::Text,
            scope: None,
            fixed_messages: 0,
        }
    }
}

/// What a model tells while it works. After `Done` or an error nothing follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// The request waits behind `position` others.
    Queued {
        /// Requests before this one.
        position: u32,
        /// How long it will probably wait; absent while nobody knows.
        wait: Option<Duration>,
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
    /// Refuses at once what cannot be answered whatever happens, so that a caller learns it before a stream begins.
    ///
    /// # Errors
    /// The same that [`ChatModel::chat`] would give.
    fn check(&self, _request: &ChatRequest) -> Result<(), PortError> {
        Ok(())
    }

    /// Begins a call. Failures come through the stream.
    fn chat(&self, request: ChatRequest) -> ChatStream;

    /// Drops, soon, everything that was computed for a scope: nothing of what was said is to be left.
    fn forget(&self, scope: &str);
}
