//! `GET /models`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ModelDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_models))
}

/// The catalogue of local models.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    items: Vec<ModelDocument>,
}

/// The catalogue of local models; ask again while one is pulling.
#[utoipa::path(get, path = "/models", tag = "models", responses((status = 200, body = ModelList), (status = "default", response = Problem)))]
async fn get_models(State(state): State<ApiState>, _: Signed) -> Result<Json<ModelList>, Failure> {
    let items = state.app.models().await.into_iter().map(ModelDocument::from).collect();
    Ok(Json(ModelList { items }))
}
