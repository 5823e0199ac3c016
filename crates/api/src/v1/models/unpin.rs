//! `POST /models/{id}/unpin`.

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
    OpenApiRouter::new().routes(routes!(unpin_model))
}

/// Takes a pin back; the model stays in memory until nobody has asked for a while. Owners and admins only.
#[utoipa::path(post, path = "/models/{id}/unpin", tag = "models", params(("id" = String, Path)), responses((status = 202, body = ModelDocument), (status = "default", response = Problem)))]
async fn unpin_model(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<(StatusCode, Json<ModelDocument>), Failure> {
    Ok((StatusCode::ACCEPTED, Json(state.app.unpin_model(&actor, &id).await?.into())))
}
