//! `GET /providers`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ProviderDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_providers))
}

/// All providers that Hutong knows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderList {
    items: Vec<ProviderDocument>,
}

/// All providers of models that Hutong knows, and how each stands. Never a key. Owners and admins only.
#[utoipa::path(get, path = "/providers", tag = "providers", responses((status = 200, body = ProviderList), (status = "default", response = Problem)))]
async fn get_providers(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<ProviderList>, Failure> {
    let items = state.app.providers(&actor).await?.into_iter().map(ProviderDocument::from).collect();
    Ok(Json(ProviderList { items }))
}
