//! `POST /models/{id}/load`.

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
    OpenApiRouter::new().routes(routes!(load_model))
}

/// Brings a model into memory ahead of its first question; `residency` tells how far it is. Idle models make room for it. Owners and admins only.
#[utoipa::path(post, path = "/models/{id}/load", tag = "models", params(("id" = String, Path)), responses((status = 202, body = ModelDocument), (status = "default", response = Problem)))]
async fn load_model(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<(StatusCode, Json<ModelDocument>), Failure> {
    Ok((StatusCode::ACCEPTED, Json(state.app.load_model(&actor, &id).await?.into())))
}
