//! `GET /members`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MemberDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_members))
}

/// Everybody in the workspace, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberList {
    items: Vec<MemberDocument>,
}

/// Everybody in the workspace. For owners and admins.
#[utoipa::path(get, path = "/members", tag = "people", responses((status = 200, body = MemberList), (status = "default", response = Problem)))]
async fn get_members(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<MemberList>, Failure> {
    let members = state.accounts.members(&actor).await?;
    Ok(Json(MemberList { items: members.into_iter().map(MemberDocument::from).collect() }))
}
