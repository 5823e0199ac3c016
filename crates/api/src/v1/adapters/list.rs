//! `GET /adapters`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AdapterDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_adapters))
}

/// The registered adapters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdapterList {
    items: Vec<AdapterDocument>,
}

/// The registered adapters, sorted by id. A request to `/v1/chat/completions` names one in `adapters`. New ones are registered on the machine: `hutong adapters add`.
#[utoipa::path(get, path = "/adapters", tag = "adapters", responses((status = 200, body = AdapterList), (status = "default", response = Problem)))]
async fn get_adapters(State(state): State<ApiState>, _: Signed) -> Result<Json<AdapterList>, Failure> {
    let items = state.app.adapters().await.into_iter().map(AdapterDocument::from).collect();
    Ok(Json(AdapterList { items }))
}
