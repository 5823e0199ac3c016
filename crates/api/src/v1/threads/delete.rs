//! `DELETE /threads/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_thread))
}

/// Deletes a thread with everything in it; runs that still write in it are stopped first.
#[utoipa::path(delete, path = "/threads/{id}", tag = "threads", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_thread(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.app.delete_thread(&actor, path_id(&id, "thread")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
