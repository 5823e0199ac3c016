//! `GET /agents/{id}`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AgentSummary, Text};
use crate::extract::{Path, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_agent))
}

/// An agent with its instructions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentDetail {
    #[serde(flatten)]
    summary: AgentSummary,
    /// What the model is told.
    prompt: Text,
    /// Which model answers, and how it samples.
    model: ModelPolicy,
}

/// Which model answers, and how it samples.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelPolicy {
    /// Null means the workspace's default.
    #[schema(required)]
    id: Option<String>,
    temperature: f32,
    top_p: f32,
    /// The longest answer, in tokens.
    max_tokens: u32,
}

/// One agent with its instructions.
#[utoipa::path(get, path = "/agents/{id}", tag = "agents", params(("id" = String, Path)), responses((status = 200, body = AgentDetail), (status = "default", response = Problem)))]
async fn get_agent(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<AgentDetail>, Failure> {
    let agent = state.app.agent(Some(&actor), &id)?;
    let policy = &agent.model;
    Ok(Json(AgentDetail {
        summary: agent.into(),
        prompt: (&agent.prompt).into(),
        model: ModelPolicy {
            id: Some(policy.id.clone()).filter(|id| !id.is_empty()),
            temperature: policy.temperature,
            top_p: policy.top_p,
            max_tokens: policy.max_tokens,
        },
    }))
}
