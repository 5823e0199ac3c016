//! Runs: the execution that produces a reply.

use serde::{Deserialize, Serialize};
use stdx::{MessageId, RunId, ThreadId, Timestamp};
use utoipa::ToSchema;

use crate::{Cost, ErrorCode, Route};

/// Where a run stands. `queued` and `running` are live; all others are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Accepted and stored, not started.
    Queued,
    /// A model is being called.
    Running,
    /// The answer is complete.
    Succeeded,
    /// A member stopped it; the text so far is kept.
    Cancelled,
    /// It could not go on; the text so far is kept and `error` says why.
    Failed,
    /// The server stopped while it ran; the text so far is kept.
    Interrupted,
}

impl RunState {
    /// True when nothing will be added to the run any more.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It ended its turn or met a stop string.
    Stop,
    /// It met the limit of tokens.
    Length,
    /// A member stopped it.
    Cancelled,
    /// It called tools and waits for what they answer. A run ends so when its member has to allow something first.
    ToolCalls,
}

/// What one step consumed, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub input_tokens: u64,
    /// Tokens of the prompt that were not computed again.
    pub cached_tokens: u64,
    /// Tokens produced, reasoning included.
    pub output_tokens: u64,
    /// Tokens of the output that are reasoning. Not told in what was written before it was counted.
    #[serde(default)]
    #[schema(required = true)]
    pub reasoning_tokens: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
        }
    }
}

/// How long the steps took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timings {
    /// From acceptance of the run to the first piece of the answer.
    pub first_token_ms: u64,
    /// From the first piece to the end.
    pub decode_ms: u64,
}

/// Why a run failed, for people and for clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunError {
    /// The stable code; clients translate it.
    pub code: ErrorCode,
    /// English, for logs and for codes a client does not know.
    pub detail: String,
}

/// One execution that produces a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Made by the client.
    pub id: RunId,
    /// Where it answers.
    pub thread_id: ThreadId,
    /// The member's message it answers.
    pub message_id: MessageId,
    /// The message it writes.
    pub reply_id: MessageId,
    /// The agent that answers.
    pub agent_id: String,
    /// The model that answers.
    pub model: String,
    /// Where it stands.
    pub state: RunState,
    /// Why the model stopped; absent until it did.
    #[schema(required)]
    pub finish_reason: Option<FinishReason>,
    /// What it consumed; absent until the end.
    #[schema(required)]
    pub usage: Option<Usage>,
    /// How long it took; absent until the end.
    #[schema(required)]
    pub timings: Option<Timings>,
    /// Present when `state` is `failed` or `interrupted`.
    #[schema(required)]
    pub error: Option<RunError>,
    /// What it costs the member; absent until the end.
    #[schema(required)]
    pub cost: Option<Cost>,
    /// How its model was chosen; absent where a model was named.
    #[schema(required)]
    pub route: Option<Box<Route>>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it became final.
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
}
