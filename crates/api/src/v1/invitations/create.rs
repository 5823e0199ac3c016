//! `POST /invitations`.

use std::time::Duration;

use accounts::Invite;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use stdx::{GroupId, InvitationId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::InvitationDocument;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::Role;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_invitations))
}

/// A new invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteRequest {
    /// A UUIDv7 made by the client. The link is shown once, so the same id again is `conflict`.
    id: InvitationId,
    role: Role,
    /// The agents a guest may use; only for guests.
    agents: Option<Vec<String>>,
    #[serde(default)]
    group_ids: Vec<GroupId>,
    /// How many it lets in: 1 to 100; 1 when absent.
    most_uses: Option<u32>,
    /// From 1 to 720; a week when absent.
    expires_in_hours: Option<u32>,
}

/// A fresh invitation with its token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedInvitation {
    invitation: InvitationDocument,
    /// For `/join#token=…`; shown this once.
    token: String,
}

/// Makes a link that lets somebody in. For owners, and for admins unless it makes owners.
#[utoipa::path(post, path = "/invitations", tag = "people", request_body = InviteRequest, responses((status = 201, body = CreatedInvitation), (status = "default", response = Problem)))]
async fn post_invitations(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<InviteRequest>,
) -> Result<(StatusCode, Json<CreatedInvitation>), Failure> {
    let InviteRequest { id, role, agents, group_ids, most_uses, expires_in_hours } = body;
    let hours = u64::from(expires_in_hours.unwrap_or(7 * 24));
    let wish = Invite {
        id,
        role: role.into(),
        agents,
        group_ids,
        most_uses: most_uses.unwrap_or(1),
        lifetime: Duration::from_secs(hours * 3_600),
    };
    let created = state.accounts.invite(&actor, wish).await?;
    let token = created.token.expose().clone();
    Ok((StatusCode::CREATED, Json(CreatedInvitation { invitation: created.invitation.into(), token })))
}
