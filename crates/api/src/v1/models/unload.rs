//! `POST /models/{id}/unload`.

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
    OpenApiRouter::new().routes(routes!(unload_model))
}

/// Takes a model out of memory, and its pin with it; answers that it is writing end where they are. Owners and admins only.
#[utoipa::path(post, path = "/models/{id}/unload", tag = "models", params(("id" = String, Path)), responses((status = 202, body = ModelDocument), (status = "default", response = Problem)))]
async fn unload_model(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<(StatusCode, Json<ModelDocument>), Failure> {
    Ok((StatusCode::ACCEPTED, Json(state.app.unload_model(&actor, &id).await?.into())))
}
