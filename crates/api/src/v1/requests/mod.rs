//! What was asked of models, for those who run the workspace and for whoever asked.

mod list;
mod overview;
mod privacy;
mod show;

use app::KeptRequest;
use serde::Serialize;
use stdx::{KeyId, MemberId, RunId, Timestamp};
use traffic::{Came, Record};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use wire::{ErrorCode, FinishReason, RunState, Usage};

use super::money::MoneyDocument;
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(overview::routes())
        .merge(show::routes())
        .merge(privacy::routes())
}

/// A request to a model, when it is over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelRequest)]
pub(crate) struct RequestDocument {
    /// What the header `x-request-id` said; of a run, its own id.
    id: RunId,
    /// When it began.
    at: Timestamp,
    member_id: MemberId,
    /// Absent for who was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_name: Option<String>,
    /// The key it was signed with, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<String>,
    /// By which way it came: an address below `/v1`, such as `chat/completions`, or `runs` for threads.
    face: String,
    /// The agent, if one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    /// The model that was asked for, or the agent or policy.
    asked: String,
    /// The model that answered, or would have.
    model: String,
    /// The provider of that model; absent for this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
    /// The policy that chose the model, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    state: RunState,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<FinishReason>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorCode>,
    /// How long the first piece of the answer took; absent when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<u64>,
    took_ms: u64,
    /// How often providers were asked; 0 when this machine answered.
    attempts: u64,
    /// What it used; absent when nothing was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    /// What it cost its member.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<MoneyDocument>,
}

impl From<KeptRequest> for RequestDocument {
    fn from(kept: KeptRequest) -> Self {
        let KeptRequest { record, member_name, key_name, settled } = kept;
        let Record { came: Came { state, finish, error }, .. } = record;
        let (cost, usage) = settled.unzip();
        Self {
            id: record.id,
            at: record.at,
            member_id: record.member_id,
            member_name,
            key_id: record.key_id,
            key_name,
            face: record.face,
            agent_id: record.agent_id,
            asked: record.asked,
            model: record.model,
            vendor: record.vendor,
            policy: record.policy,
            state,
            finish_reason: finish,
            error,
            first_token_ms: record.first_token_ms,
            took_ms: record.took_ms,
            attempts: u64::try_from(record.attempts.len()).unwrap_or(u64::MAX),
            usage: usage.map(|usage| ports::tokens(&usage)),
            cost: cost.map(MoneyDocument::from),
        }
    }
}
