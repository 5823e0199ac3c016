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
use crate::v1::agents::Text;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_models))
}

/// The catalogue of local models, and the models of providers that can be asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    items: Vec<ModelDocument>,
    /// Models of providers, by their ids.
    remote: Vec<RemoteModelDocument>,
    /// What can be asked for instead of a model: who answers is then chosen.
    policies: Vec<PolicyDocument>,
    /// Bytes of memory that one more model may take without another one being unloaded; null when the system does not
    /// say.
    #[schema(required)]
    free_bytes: Option<u64>,
}

/// A policy by which it is chosen who answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoutingPolicy)]
pub(crate) struct PolicyDocument {
    /// Asked for like a model.
    id: String,
    name: Text,
}

/// The catalogue of local models, and the models of providers that can be asked. Ask again while a model is being
/// pulled, loaded or unloaded.
#[utoipa::path(get, path = "/models", tag = "models", responses((status = 200, body = ModelList), (status = "default", response = Problem)))]
async fn get_models(State(state): State<ApiState>, _: Signed) -> Result<Json<ModelList>, Failure> {
    let app::Models { items, free_bytes } = state.app.models().await;
    let items = items.into_iter().map(ModelDocument::from).collect();
    let remote = state.app.remote_models().into_iter().map(RemoteModelDocument::from).collect();
    let policies = state.app.policies().map(|policy| PolicyDocument {
        id: policy.id.clone(),
        name: Text { zh: policy.name.zh.clone(), en: policy.name.en.clone() },
    });
    let policies = policies.collect();
    Ok(Json(ModelList { items, remote, policies, free_bytes }))
}
