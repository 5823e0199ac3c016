//! `PUT` and `DELETE /groups/{id}/members/{member_id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{PathPair, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put_group_member, delete_group_member))
}

/// Puts a member into a group. For owners and admins.
#[utoipa::path(put, path = "/groups/{id}/members/{member_id}", tag = "people", params(("id" = String, Path), ("member_id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn put_group_member(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    PathPair(group, member): PathPair,
) -> Result<StatusCode, Failure> {
    let (group, member) = (path_id(&group, "group")?, path_id(&member, "member")?);
    state.accounts.join_group(&actor, group, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a member out of a group. For owners and admins.
#[utoipa::path(delete, path = "/groups/{id}/members/{member_id}", tag = "people", params(("id" = String, Path), ("member_id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_group_member(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    PathPair(group, member): PathPair,
) -> Result<StatusCode, Failure> {
    let (group, member) = (path_id(&group, "group")?, path_id(&member, "member")?);
    state.accounts.leave_group(&actor, group, member).await?;
    Ok(StatusCode::NO_CONTENT)
}
