//! `POST /runs/{id}/cancel`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Run;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(cancel_run))
}

/// Stops a run; what it wrote is kept. A run that is over stays as it is.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "runs", params(("id" = String, Path)), responses((status = 202, body = Run), (status = "default", response = Problem)))]
async fn cancel_run(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<(StatusCode, Json<Run>), Failure> {
    Ok((StatusCode::ACCEPTED, Json(state.app.cancel_run(&actor, path_id(&id, "run")?).await?)))
}
