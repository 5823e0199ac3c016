//! `GET /agents`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AgentSummary;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_agents))
}

/// All agents, in the order of the lane.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentList {
    items: Vec<AgentSummary>,
}

/// All agents; for guests those they were invited to.
#[utoipa::path(get, path = "/agents", tag = "agents", responses((status = 200, body = AgentList), (status = "default", response = Problem)))]
async fn get_agents(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<AgentList>, Failure> {
    Ok(Json(AgentList { items: state.app.agents(&actor).map(AgentSummary::from).collect() }))
}
