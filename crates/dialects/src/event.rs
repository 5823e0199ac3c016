//! What comes back, whatever the dialect.

use ports::{Spent, TokenLogprob};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// What a provider tells while its model works. After `Done` or `Failed` nothing follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer begins. Told at most once.
    Began {
        /// The provider's name for the answer. Some give all answers the same: it identifies nothing.
        id: Option<String>,
        /// The model that answers, in the provider's words.
        model: Option<String>,
    },
    /// More of the answer; never empty.
    Text(String),
    /// More of the reasoning; never empty.
    Reasoning(String),
    /// More of the words with which the model declines; never empty.
    Refusal(String),
    /// How probable the tokens of the text were that comes next; never empty.
    Logprobs(Vec<TokenLogprob>),
    /// The model calls a tool. A call is over when the next one begins, or with the answer.
    ToolCall {
        /// Counts the calls of this answer from 0.
        index: u32,
        /// The provider's name for it, which the result must bear; some have none.
        id: Option<String>,
        /// The tool.
        name: String,
    },
    /// More of a call's arguments: a piece of a JSON text; never empty.
    ToolArguments {
        /// The call.
        index: u32,
        /// To be appended.
        text: String,
    },
    /// Something that the provider wants back, word for word, when the conversation goes on.
    Keep(Keepsake),
    /// The end.
    Done(Box<End>),
    /// The end before its time. What was told before stays told.
    Failed(Box<Broken>),
}

/// Something that a provider wants back, word for word, with the message that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Keepsake {
    /// What the model thought.
    Thought {
        /// Its words; may be empty where only the signature counts.
        text: String,
        /// Proof that they are the model's own.
        signature: Option<String>,
    },
    /// What the model thought, and nobody may read.
    Hidden {
        /// Encrypted.
        data: String,
    },
    /// An item in the provider's own shape.
    Item {
        /// JSON.
        json: String,
    },
    /// Proof that a call is the model's own.
    CallSignature {
        /// The call, counted from 0.
        call: u32,
        /// The proof.
        signature: String,
    },
    /// Proof that the text is the model's own.
    TextSignature {
        /// The proof.
        signature: String,
    },
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Why.
    pub reason: Reason,
    /// What it consumed; absent when the provider does not say.
    pub spent: Option<Spent>,
}

/// How an answer broke off.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Why.
    pub failure: Failure,
    /// What it had consumed; absent when the provider does not say.
    pub spent: Option<Spent>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was complete, or met a stop string.
    Stop,
    /// It met the limit of tokens.
    Length,
    /// It called tools and waits for what they answer.
    ToolCalls,
    /// The provider's filter ended it, or the model declined.
    Filtered,
}
