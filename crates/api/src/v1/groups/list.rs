//! `GET /groups`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::GroupDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_groups))
}

/// All groups, in the order of their names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupList {
    items: Vec<GroupDocument>,
}

/// All groups. For owners and admins.
#[utoipa::path(get, path = "/groups", tag = "people", responses((status = 200, body = GroupList), (status = "default", response = Problem)))]
async fn get_groups(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<GroupList>, Failure> {
    let groups = state.accounts.groups(&actor).await?;
    Ok(Json(GroupList { items: groups.into_iter().map(GroupDocument::from).collect() }))
}
