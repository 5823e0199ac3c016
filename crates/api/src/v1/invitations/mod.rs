//! Links that let somebody in.

mod accept;
mod create;
mod delete;
mod list;
mod look;

use serde::Serialize;
use stdx::{GroupId, InvitationId, MemberId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::me::Role;
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(create::routes())
        .merge(delete::routes())
        .merge(look::routes())
        .merge(accept::routes())
}

/// A link that lets somebody in, without the link itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationDocument {
    id: InvitationId,
    role: Role,
    /// The agents a guest may use; null for other roles.
    #[schema(required)]
    agents: Option<Vec<String>>,
    group_ids: Vec<GroupId>,
    /// How many it lets in.
    most_uses: u32,
    /// How many it has let in.
    uses: u32,
    /// Who answers for it.
    made_by: MemberId,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// When it was taken back.
    #[schema(required)]
    revoked_at: Option<Timestamp>,
}

impl From<accounts::Invitation> for InvitationDocument {
    fn from(invitation: accounts::Invitation) -> Self {
        Self {
            id: invitation.id,
            role: invitation.role.into(),
            agents: invitation.agents,
            group_ids: invitation.group_ids,
            most_uses: invitation.most_uses,
            uses: invitation.uses,
            made_by: invitation.made_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            revoked_at: invitation.revoked_at,
        }
    }
}
