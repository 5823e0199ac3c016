//! `POST /groups`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::GroupId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::GroupDocument;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_groups))
}

/// A new group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateGroupRequest {
    /// A UUIDv7 made by the client; repeating it answers with the group there is.
    id: GroupId,
    /// No other group has it.
    name: String,
}

/// Makes a group. For owners and admins.
#[utoipa::path(post, path = "/groups", tag = "people", request_body = CreateGroupRequest, responses((status = 201, body = GroupDocument), (status = "default", response = Problem)))]
async fn post_groups(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<CreateGroupRequest>,
) -> Result<(StatusCode, Json<GroupDocument>), Failure> {
    let group = state.accounts.create_group(&actor, body.id, &body.name).await?;
    Ok((StatusCode::CREATED, Json(group.into())))
}
