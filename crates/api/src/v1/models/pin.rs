//! `POST /models/{id}/pin`.

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
    OpenApiRouter::new().routes(routes!(pin_model))
}

/// Keeps a model in memory: brings it there now and at every start, and unloads it neither when nobody asks nor to make room for another. Owners and admins only.
#[utoipa::path(post, path = "/models/{id}/pin", tag = "models", params(("id" = String, Path)), responses((status = 202, body = ModelDocument), (status = "default", response = Problem)))]
async fn pin_model(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<(StatusCode, Json<ModelDocument>), Failure> {
    Ok((StatusCode::ACCEPTED, Json(state.app.pin_model(&actor, &id).await?.into())))
}
