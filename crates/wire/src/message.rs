//! Messages: the entries of a thread's tree.

use serde::{Deserialize, Serialize};
use stdx::{MessageId, RunId, ThreadId, Timestamp};
use utoipa::ToSchema;

use crate::ToolUse;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions of the agent; never stored in a thread.
    System,
    /// A member.
    User,
    /// The agent.
    Assistant,
}

/// A typed piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Markdown.
    Text {
        /// CommonMark with tables and `$…$` mathematics.
        text: String,
    },
    /// What a reasoning model thought before it answered; shown folded.
    Reasoning {
        /// Plain text.
        text: String,
        /// How long it thought, in milliseconds; absent while it still does.
        #[schema(required)]
        millis: Option<u64>,
    },
    /// A tool that the agent called.
    Tool {
        /// The call and what came of it.
        call: Box<ToolUse>,
    },
}

/// One entry in a thread's tree. Children of one parent are alternatives, ordered by `created_at`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Made by the client for a member's message, by the server for a reply.
    pub id: MessageId,
    /// The thread it belongs to.
    pub thread_id: ThreadId,
    /// What it answers or follows; absent for the first message.
    #[schema(required)]
    pub parent_id: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// The content. Empty while the run that writes it is still streaming: follow the run's events from the start.
    pub parts: Vec<Part>,
    /// The run that writes or wrote it; absent for a member's message.
    #[schema(required)]
    pub run_id: Option<RunId>,
    /// When it was accepted.
    pub created_at: Timestamp,
}

impl Message {
    /// All text parts, joined; reasoning and calls of tools are left out.
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Text { text } => Some(text.as_str()),
                Part::Reasoning { .. } | Part::Tool { .. } => None,
            })
            .collect()
    }
}
