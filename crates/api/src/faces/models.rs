//! `GET /v1/models`: the installed models, those of providers, and the agents and policies that can be called like models.

use app::{Actor, AppError, ModelState};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use faces::ChatCompletions;
use serde::Serialize;

use super::error::FaceError;
use super::key::Caller;
use crate::router::ApiState;

#[derive(Debug, Serialize)]
pub(super) struct ModelList {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Debug, Serialize)]
pub(super) struct Model {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
}

pub(super) async fn list(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<ChatCompletions>,
) -> Json<ModelList> {
    Json(ModelList { object: "list", data: all(&state, &actor).await })
}

pub(super) async fn get(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<ChatCompletions>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Model>, FaceError<ChatCompletions>> {
    let Path(id) = id.map_err(|_| AppError::not_found("model"))?;
    let found = all(&state, &actor).await.into_iter().find(|model| model.id == id);
    found.map(Json).ok_or_else(|| AppError::not_found("model").into())
}

/// What the caller may call.
async fn all(state: &ApiState, actor: &Actor) -> Vec<Model> {
    let installed = state
        .app
        .models()
        .await
        .items
        .into_iter()
        .filter(|info| info.state == ModelState::Installed && actor.may_call_model(&info.spec.id));
    let agents = state.app.agents(actor).map(|agent| format!("agent/{}", agent.id));
    let model = |id, owner: &str| Model { id, object: "model", created: 0, owned_by: owner.to_owned() };
    let remote = state.app.remote_models().into_iter().filter(|remote| actor.may_call_model(&remote.id));
    let remote = remote.map(|remote| model(remote.id, &remote.provider));
    let own = installed.map(|info| info.spec.id).chain(agents).map(|id| model(id, "hutong"));
    let policies = state.app.policies().filter(|policy| actor.may_call_model(&policy.id));
    let policies = policies.map(|policy| model(policy.id.clone(), "policy"));
    own.chain(remote).chain(policies).collect()
}
