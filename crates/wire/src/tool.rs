//! Tools: what agents do beside talking, as members see it.

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::ToSchema;

/// What a call of a tool can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolClass {
    /// It looks, and changes nothing.
    Read,
    /// It changes something: a file, a note, a date.
    Write,
    /// It costs money beyond the model's answer, or binds somebody to pay.
    Spend,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolUse {
    /// The same for this call wherever it is told of, and for no other.
    pub call_id: String,
    /// The tool's name, as models say it.
    pub tool: String,
    /// What it is, in the member's language.
    pub title: String,
    /// What it can do.
    pub class: ToolClass,
    /// True when strangers write what it answers.
    pub is_outside: bool,
    /// What the model wrote: an object of JSON as text, or what it wrote instead of one.
    pub arguments: String,
    /// Where it stands.
    pub state: ToolState,
}

/// Where a call stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ToolState {
    /// It may be made, and its turn has not come.
    Waiting,
    /// It is being made.
    Underway,
    /// It is not made before the member says yes.
    Asking {
        /// Why it is asked.
        because: AskReason,
        /// After that it is too late for a yes.
        until: Timestamp,
    },
    /// The member said yes: it is made in the run that follows.
    Allowed,
    /// It is not made.
    Refused {
        /// Who said no.
        by: Refuser,
    },
    /// It was made.
    Answered {
        /// What the model was told.
        text: String,
        /// Addresses where it came from.
        links: Vec<String>,
        /// What it made.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        files: Vec<ToolFile>,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// It was not made, or came to nothing.
    Failed {
        /// English, as the model was told.
        detail: String,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// It began and was cut off: nobody knows whether it happened, and it is not made again by itself.
    Unknown,
}

/// A small file that a tool made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolFile {
    /// To be saved as.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Its bytes.
    pub base64: String,
}

/// Why a member is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskReason {
    /// It changes something.
    Writes,
    /// It costs money.
    Spends,
    /// What strangers wrote stands in this conversation: what follows may be their wish.
    Tainted,
    /// The agent's policy says so.
    Policy,
}

/// Who said no to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refuser {
    /// The member.
    Member,
    /// A policy.
    Policy,
    /// Nobody answered in time, or the conversation went on without an answer.
    Silence,
}

impl ToolState {
    /// True when nothing will come of it any more but what stands here.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Underway | Self::Asking { .. } | Self::Allowed)
    }
}
