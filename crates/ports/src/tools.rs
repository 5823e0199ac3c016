//! Tools that a model may call.

use serde::{Deserialize, Serialize};

/// What a model may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// 1 to 64 letters, digits, `_` and `-`.
    pub name: String,
    /// What it is good for, in words for the model.
    pub description: String,
    /// A JSON Schema of the arguments, an object, as text: they are written in the order in which it names them.
    pub parameters: String,
    /// True when a keyword of the schema that cannot be enforced is an error; otherwise it is left out.
    pub strict: bool,
}

/// Whether a model calls a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// It does not: nothing is offered to it.
    None,
    /// It does: nothing else is possible.
    Required,
    /// It calls this one, once.
    Named(String),
}

/// What is offered to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// What it may call.
    pub offered: Vec<Tool>,
    /// Whether it does.
    pub choice: ToolChoice,
    /// Whether it may call several at a time.
    pub parallel: bool,
}

impl Default for Tools {
    fn default() -> Self {
        Self { offered: Vec::new(), choice: ToolChoice::Auto, parallel: true }
    }
}

impl Tools {
    /// True when nothing can be called.
    pub fn is_none(&self) -> bool {
        self.offered.is_empty() || self.choice == ToolChoice::None
    }
}

/// A call that a model made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Told by whoever keeps the conversation; the result refers to it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// An object of JSON, as text.
    pub arguments: String,
}
