//! `PATCH /members/{id}`.

use accounts::UpdateMember;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MemberDocument;
use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::Role;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(patch_member))
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMemberRequest {
    /// The name others see.
    name: Option<String>,
    role: Option<Role>,
    /// The agents a guest may use; only for guests.
    agents: Option<Vec<String>>,
    /// True shuts them out at once, false lets them in again.
    suspended: Option<bool>,
}

/// Changes a member. For owners, and for admins unless it is an owner or makes one.
#[utoipa::path(patch, path = "/members/{id}", tag = "people", params(("id" = String, Path)), request_body = UpdateMemberRequest, responses((status = 200, body = MemberDocument), (status = "default", response = Problem)))]
async fn patch_member(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<UpdateMemberRequest>,
) -> Result<Json<MemberDocument>, Failure> {
    let UpdateMemberRequest { name, role, agents, suspended } = body;
    let change = UpdateMember { name, role: role.map(app::Role::from), agents, suspended };
    Ok(Json(state.accounts.update_member(&actor, path_id(&id, "member")?, change).await?.into()))
}
