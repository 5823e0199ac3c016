//! `GET /keys`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::KeyDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_keys))
}

/// Keys, revoked ones included, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyList {
    items: Vec<KeyDocument>,
}

/// The member's own keys; for owners and admins all of the workspace.
#[utoipa::path(get, path = "/keys", tag = "keys", responses((status = 200, body = KeyList), (status = "default", response = Problem)))]
async fn get_keys(State(state): State<ApiState>, Signed(actor): Signed) -> Result<Json<KeyList>, Failure> {
    let keys = state.accounts.keys(&actor).await?;
    Ok(Json(KeyList { items: keys.into_iter().map(KeyDocument::from).collect() }))
}
