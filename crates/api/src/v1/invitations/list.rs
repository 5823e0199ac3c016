//! `GET /invitations`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::InvitationDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_invitations))
}

/// All invitations, the oldest first, also those that let nobody in any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationList {
    items: Vec<InvitationDocument>,
}

/// All invitations. For owners and admins.
#[utoipa::path(get, path = "/invitations", tag = "people", responses((status = 200, body = InvitationList), (status = "default", response = Problem)))]
async fn get_invitations(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<InvitationList>, Failure> {
    let invitations = state.accounts.invitations(&actor).await?;
    Ok(Json(InvitationList { items: invitations.into_iter().map(InvitationDocument::from).collect() }))
}
