//! `PATCH /threads/{id}`.

use app::UpdateThread;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use stdx::MessageId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ThreadDocument;
use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(patch_thread))
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateThreadRequest {
    /// At most 200 characters.
    title: Option<String>,
    /// The tip of the branch to show; a message of this thread.
    leaf_id: Option<MessageId>,
}

/// Renames a thread or shows another branch of it.
#[utoipa::path(patch, path = "/threads/{id}", tag = "threads", params(("id" = String, Path)), request_body = UpdateThreadRequest, responses((status = 200, body = ThreadDocument), (status = "default", response = Problem)))]
async fn patch_thread(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<UpdateThreadRequest>,
) -> Result<Json<ThreadDocument>, Failure> {
    let change = UpdateThread { title: body.title, leaf_id: body.leaf_id };
    Ok(Json(state.app.update_thread(&actor, path_id(&id, "thread")?, change).await?.into()))
}
