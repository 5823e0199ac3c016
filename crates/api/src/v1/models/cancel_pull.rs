//! `POST /models/{id}/pull/cancel`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ModelDocument;
use crate::extract::{Path, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(cancel_pull))
}

/// Stops a pull; what has arrived is kept for the next. Owners and admins only.
#[utoipa::path(post, path = "/models/{id}/pull/cancel", tag = "models", params(("id" = String, Path)), responses((status = 202, body = ModelDocument), (status = "default", response = Problem)))]
async fn cancel_pull(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<(StatusCode, Json<ModelDocument>), Failure> {
    Ok((StatusCode::ACCEPTED, Json(state.app.cancel_pull(&actor, &id).await?.into())))
}
