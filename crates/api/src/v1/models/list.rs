//! `GET /models`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ModelDocument;
use super::remote::RemoteModelDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_models))
}

/// The catalogue of local models, and the models of providers that can be asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    items: Vec<ModelDocument>,
    /// Models of providers, by their ids.
    remote: Vec<RemoteModelDocument>,
    /// Bytes of memory that one more model may take without another one being unloaded; null when the system does not
    /// say.
    #[schema(required)]
    free_bytes: Option<u64>,
}

/// The catalogue of local models, and the models of providers that can be asked. Ask again while a model is being
/// pulled, loaded or unloaded.
#[utoipa::path(get, path = "/models", tag = "models", responses((status = 200, body = ModelList), (status = "default", response = Problem)))]
async fn get_models(State(state): State<ApiState>, _: Signed) -> Result<Json<ModelList>, Failure> {
    let app::Models { items, free_bytes } = state.app.models().await;
    let items = items.into_iter().map(ModelDocument::from).collect();
    let remote = state.app.remote_models().into_iter().map(RemoteModelDocument::from).collect();
    Ok(Json(ModelList { items, remote, free_bytes }))
}
