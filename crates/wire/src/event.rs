//! Events: the numbered items of a run's stream.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Cost, FinishReason, RunError, RunState, Timings, ToolState, ToolUse, Usage};

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The run waits for its turn.
    Queued {
        /// Requests before this one.
        position: u32,
        /// How long it will probably wait, in milliseconds; absent while nobody knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_ms: Option<u64>,
    },
    /// The model is being brought into memory.
    Loading {
        /// The model's id.
        model: String,
    },
    /// The model reads the prompt.
    Started {
        /// The model's id.
        model: String,
    },
    /// More of the answer.
    TextDelta {
        /// To be appended.
        text: String,
    },
    /// More of the reasoning.
    ReasoningDelta {
        /// To be appended.
        text: String,
    },
    /// The reasoning is over and the answer begins.
    ReasoningDone {
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// The model called a tool, or the call that a member allowed is made.
    Called {
        /// The call as it stands now.
        call: Box<ToolUse>,
    },
    /// A call stands otherwise than before.
    Returned {
        /// Which.
        call_id: String,
        /// Where it stands now.
        state: ToolState,
    },
    /// The model was asked and has spoken; what it called is made, and then it is asked again.
    Stepped {
        /// Who was asked.
        model: String,
        /// What that consumed.
        usage: Usage,
        /// From asking it to its last word, in milliseconds.
        millis: u64,
    },
    /// What the answer costs so far, told now and then where it costs something; what counts comes with the last event.
    Spent {
        /// An estimate.
        cost: Cost,
    },
    /// The last event of every run.
    Finished {
        /// The final state.
        state: RunState,
        /// Why the model stopped, when it did so by itself or by a member's wish.
        #[schema(required)]
        finish_reason: Option<FinishReason>,
        /// What was consumed.
        #[schema(required)]
        usage: Option<Usage>,
        /// How long it took.
        #[schema(required)]
        timings: Option<Timings>,
        /// Why it failed or was interrupted.
        #[schema(required)]
        error: Option<RunError>,
        /// What it costs the member. Not told in what was written before there were plans.
        #[serde(default)]
        #[schema(required)]
        cost: Option<Cost>,
    },
}

impl Event {
    /// The name on the wire: the SSE `event` field.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Loading { .. } => "loading",
            Self::Started { .. } => "started",
            Self::TextDelta { .. } => "text_delta",
            Self::ReasoningDelta { .. } => "reasoning_delta",
            Self::ReasoningDone { .. } => "reasoning_done",
            Self::Called { .. } => "called",
            Self::Returned { .. } => "returned",
            Self::Stepped { .. } => "stepped",
            Self::Spent { .. } => "spent",
            Self::Finished { .. } => "finished",
        }
    }
}

/// An event with its place in the run's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Frame {
    /// Counts from 1 without gaps; the SSE `id` field.
    pub seq: u64,
    /// What happened.
    pub event: Event,
}
