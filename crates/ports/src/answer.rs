//! What form an answer must have.

use serde::{Deserialize, Serialize};

/// What form an answer must have. Whatever it is, an answer that the limit of tokens cuts is cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnswerForm {
    /// Anything.
    #[default]
    Text,
    /// An object of JSON.
    JsonObject,
    /// What matches a JSON Schema.
    JsonSchema {
        /// The schema, as text: fields are written in the order in which it names them.
        schema: String,
        /// True when a keyword that cannot be enforced is an error; otherwise it is left out.
        strict: bool,
    },
}
