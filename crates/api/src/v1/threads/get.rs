//! `GET /threads/{id}`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ThreadDocument;
use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_thread))
}

/// One thread.
#[utoipa::path(get, path = "/threads/{id}", tag = "threads", params(("id" = String, Path)), responses((status = 200, body = ThreadDocument), (status = "default", response = Problem)))]
async fn get_thread(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<ThreadDocument>, Failure> {
    Ok(Json(state.app.thread(&actor, path_id(&id, "thread")?).await?.into()))
}
