//! `POST /sign-up/requests/{id}/approve` and `/refuse`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::Role;
use crate::v1::members::MemberDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_approve)).routes(routes!(post_refuse))
}

/// What they may do who are let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveRequest {
    role: Role,
    /// The agents a guest may use; only for guests.
    agents: Option<Vec<String>>,
}

/// Lets somebody in who asked. For owners, and for admins unless it makes an owner.
#[utoipa::path(post, path = "/sign-up/requests/{id}/approve", tag = "people", params(("id" = String, Path)), request_body = ApproveRequest, responses((status = 201, body = MemberDocument), (status = "default", response = Problem)))]
async fn post_approve(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<ApproveRequest>,
) -> Result<(StatusCode, Json<MemberDocument>), Failure> {
    let id = path_id(&id, "request")?;
    let member = state.accounts.approve_join_request(&actor, id, body.role.into(), body.agents).await?;
    Ok((StatusCode::CREATED, Json(member.into())))
}

/// Turns somebody away who asked.
#[utoipa::path(post, path = "/sign-up/requests/{id}/refuse", tag = "people", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn post_refuse(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.accounts.refuse_join_request(&actor, path_id(&id, "request")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
