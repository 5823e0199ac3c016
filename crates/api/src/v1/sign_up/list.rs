//! `GET /sign-up/requests`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::JoinRequestDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_requests))
}

/// Who waits to be let in, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinRequestList {
    items: Vec<JoinRequestDocument>,
}

/// Who waits to be let in. For owners and admins.
#[utoipa::path(get, path = "/sign-up/requests", tag = "people", responses((status = 200, body = JoinRequestList), (status = "default", response = Problem)))]
async fn get_requests(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<JoinRequestList>, Failure> {
    let requests = state.accounts.join_requests(&actor).await?;
    Ok(Json(JoinRequestList { items: requests.into_iter().map(JoinRequestDocument::from).collect() }))
}
