//! What is asked, in whatever words.

use ports::{AdapterUse, AnswerForm, ChatMessage, Reasoning, SamplingWish, Tools};

/// What is asked, in whatever words.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// A model's id, or `agent/<id>`.
    pub model: String,
    /// On top of the model; an extension of all faces.
    pub adapters: Vec<AdapterUse>,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
    /// How to choose tokens.
    pub sampling: SamplingWish,
    /// What form the answer must have.
    pub form: AnswerForm,
    /// What the model may call.
    pub tools: Tools,
    /// How long the model may think.
    pub reasoning: Reasoning,
    /// How probable the tokens were, with so many alternatives for each; absent: it is not told.
    pub logprobs: Option<u8>,
    /// Answers to choose from, at least 1.
    pub choices: u32,
    /// True when the answer is to come in pieces.
    pub is_streamed: bool,
}
