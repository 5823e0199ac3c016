//! `GET /threads`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ThreadDocument;
use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_threads))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ThreadQuery {
    /// The `next` of the page before.
    before: Option<String>,
    /// At most 200; 50 when absent.
    limit: Option<u32>,
    /// Only threads with this agent.
    agent_id: Option<String>,
}

/// A page of threads.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThreadPage {
    items: Vec<ThreadDocument>,
    /// For `before`; null on the last page.
    #[schema(required)]
    next: Option<String>,
}

/// The member's threads, the one changed last first.
#[utoipa::path(get, path = "/threads", tag = "threads", params(ThreadQuery), responses((status = 200, body = ThreadPage), (status = "default", response = Problem)))]
async fn get_threads(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<ThreadQuery>,
) -> Result<Json<ThreadPage>, Failure> {
    let ThreadQuery { before, limit, agent_id } = query;
    let page = state.app.threads(&actor, agent_id.as_deref(), before.as_deref(), limit).await?;
    let items = page.items.into_iter().map(ThreadDocument::from).collect();
    Ok(Json(ThreadPage { items, next: page.next }))
}
