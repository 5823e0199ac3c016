//! A model that continues a conversation.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use stdx::TraceParent;
use wire::{FinishReason, Role, Usage};

use crate::{
    AdapterUse, AnswerForm, Attempt, PortError, Reasoning, Recall, Sampling, Standing, TokenLogprob,
    ToolCall, Tools,
};

/// One entry of the conversation as a model sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatMessage {
    /// Somebody says something.
    Text {
        /// Who speaks.
        role: Role,
        /// The text.
        content: String,
    },
    /// The model called tools.
    Calls {
        /// What it said before; often nothing.
        content: String,
        /// At least one.
        calls: Vec<ToolCall>,
    },
    /// What a tool answered.
    Result {
        /// The call's id.
        call_id: String,
        /// The answer.
        content: String,
    },
}

impl ChatMessage {
    /// Somebody says something.
    pub fn text(role: Role, content: impl Into<String>) -> Self {
        Self::Text { role, content: content.into() }
    }

    /// What is said, whoever says it.
    pub fn content(&self) -> &str {
        match self {
            Self::Text { content, .. } | Self::Calls { content, .. } | Self::Result { content, .. } => {
                content
            }
        }
    }

    /// True for what a person says.
    pub fn is_from_user(&self) -> bool {
        matches!(self, Self::Text { role: Role::User, .. })
    }
}

/// What a model is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The model's id in the catalogue.
    pub model: String,
    /// What is put on top of it.
    pub adapters: Vec<AdapterUse>,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// What form the answer must have.
    pub form: AnswerForm,
    /// What the model may call.
    pub tools: Tools,
    /// How long the model may think before it answers.
    pub reasoning: Reasoning,
    /// How probable the tokens of the answer were, with so many alternatives for each; absent: it is not told.
    pub logprobs: Option<u8>,
    /// Absent for a question that is asked once.
    pub family: Option<Family>,
    /// How much the scope counts against others where there is not enough for all; twice as much gets twice as many
    /// tokens. At least 1.
    pub weight: u32,
    /// Requests of one scope (a member, say) may share what was computed of their prompts; absent: nothing is shared.
    /// The time of an answer must not tell one member what another asked.
    pub scope: Option<String>,
    /// The span of a trace that it is asked in, if it is in one.
    #[serde(skip)]
    pub span: Option<Spanned>,
    /// So many of the first messages are a published agent's own words, the same for everybody: what is computed of
    /// them is shared by all and kept.
    pub fixed_messages: usize,
    /// Whether the answer may be one that was given before; absent: it is always a new one.
    pub recall: Option<Recall>,
}

impl ChatRequest {
    /// A conversation to be continued in the usual way: any text, and nothing shared.
    pub fn new(model: impl Into<String>, messages: Vec<ChatMessage>) -> Self {
        Self {
            model: model.into(),
            adapters: Vec::new(),
            messages,
            sampling: Sampling::default(),
            form: AnswerForm::Text,
            tools: Tools::default(),
            reasoning: Reasoning::default(),
            logprobs: None,
            family: None,
            weight: 1,
            scope: None,
            span: None,
            fixed_messages: 0,
            recall: None,
        }
    }
}

/// The span of a trace that a question is asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spanned {
    /// A collector is told of it; each attempt at a provider is a span below it.
    Told(TraceParent),
    /// It is the caller's, and is handed on as it came.
    Passed(TraceParent),
}

/// Requests that ask the same, for several answers to choose from: their prompt is computed once, for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// The same for all of them and for nobody else.
    pub id: String,
    /// Counts them from 0, in the order in which they are asked.
    pub index: u32,
}

/// What a model tells while it works. After `Done` or an error nothing follows.
#[derive(Clone, Debug, PartialEq)]
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
    /// The prompt is being read, of so many tokens; zeros where the model says that only at the end.
    Started(Usage),
    /// How probable the tokens of the text were that comes next; only when it was asked for, never empty.
    Logprobs(Vec<TokenLogprob>),
    /// More of the answer; always whole characters, never empty.
    Text(String),
    /// More of the reasoning; always whole characters, never empty.
    Reasoning(String),
    /// The model calls a tool. A call is over when the next one begins, or the answer.
    ToolCall {
        /// Counts the calls of this answer from 0.
        index: u32,
        /// The tool.
        name: String,
    },
    /// More of a call's arguments: a piece of a JSON text, whole characters, never empty.
    ToolArguments {
        /// The call.
        index: u32,
        /// To be appended.
        text: String,
    },
    /// A provider was asked, and this came of it: for the books, not for whoever waits. Told before the end, and before
    /// another attempt begins.
    Attempted(Box<Attempt>),
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

    /// How many tokens of a conversation's beginning models probably still hold, at a lower price: those of which that is known.
    fn warm(&self, _request: &ChatRequest) -> HashMap<String, u64> {
        HashMap::new()
    }

    /// How a model stands now, for those who choose among several.
    fn standing(&self, _model: &str) -> Standing {
        Standing::default()
    }

    /// Drops, soon, everything that was computed for a scope: nothing of what was said is to be left.
    fn forget(&self, scope: &str);
}
