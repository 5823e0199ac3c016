//! `GET /threads/{id}/messages`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{Message, Run};

use crate::extract::{Path, Query, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_messages))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MessageQuery {
    /// The `next` of the page before.
    before: Option<String>,
    /// At most 200; 50 when absent.
    limit: Option<u32>,
}

/// A page of a thread's tree.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessagePage {
    /// The newest messages, oldest first. `parent_id` makes the tree.
    items: Vec<Message>,
    /// The runs that write or wrote them.
    runs: Vec<Run>,
    /// For `before`; null when there is nothing older.
    #[schema(required)]
    next: Option<String>,
}

/// The newest messages of a thread, all branches.
#[utoipa::path(get, path = "/threads/{id}/messages", tag = "threads", params(("id" = String, Path), MessageQuery), responses((status = 200, body = MessagePage), (status = "default", response = Problem)))]
async fn get_messages(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Query(query): Query<MessageQuery>,
) -> Result<Json<MessagePage>, Failure> {
    let id = path_id(&id, "thread")?;
    let page = state.app.messages(&actor, id, query.before.as_deref(), query.limit).await?;
    Ok(Json(MessagePage { items: page.messages, runs: page.runs, next: page.next }))
}
