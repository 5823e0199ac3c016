//! `POST /invitations/look`: needs no session. The token goes in the body, since addresses are written to logs.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde::Serialize;
use stdx::{Secret, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Body;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::Role;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_look))
}

/// Which invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookRequest {
    /// The token of the link.
    #[schema(value_type = String)]
    token: Secret<String>,
}

/// What an invitation says to whoever holds its link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationView {
    /// Where it lets in.
    workspace: String,
    /// Who invites.
    invited_by: String,
    role: Role,
    expires_at: Timestamp,
}

/// What an invitation says. One that is spent, over, taken back or unknown answers `link_invalid`.
#[utoipa::path(post, path = "/invitations/look", tag = "people", request_body = LookRequest, responses((status = 200, body = InvitationView), (status = "default", response = Problem)))]
async fn post_look(
    State(state): State<ApiState>,
    Body(body): Body<LookRequest>,
) -> Result<Json<InvitationView>, Failure> {
    let view = state.accounts.look_at_invitation(&body.token).await?;
    let accounts::InvitationView { workspace, invited_by, role, expires_at } = view;
    Ok(Json(InvitationView { workspace, invited_by, role: role.into(), expires_at }))
}
