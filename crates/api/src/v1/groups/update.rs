//! `PATCH /groups/{id}`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::GroupDocument;
use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(patch_group))
}

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateGroupRequest {
    /// No other group has it.
    name: String,
}

/// Renames a group. For owners and admins.
#[utoipa::path(patch, path = "/groups/{id}", tag = "people", params(("id" = String, Path)), request_body = UpdateGroupRequest, responses((status = 200, body = GroupDocument), (status = "default", response = Problem)))]
async fn patch_group(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<UpdateGroupRequest>,
) -> Result<Json<GroupDocument>, Failure> {
    Ok(Json(state.accounts.rename_group(&actor, path_id(&id, "group")?, &body.name).await?.into()))
}
