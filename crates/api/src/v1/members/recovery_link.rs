//! `POST /members/{id}/recovery-link`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_recovery_link))
}

/// What the link is to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryLinkRequest {
    /// True takes the second factor away too, for those who lost it.
    #[serde(default)]
    drops_second_factor: bool,
}

/// A fresh link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryLink {
    /// For `/recover#token=…`; shown this once.
    token: String,
    expires_at: Timestamp,
}

/// Makes a link by which a member sets a new password: good for an hour and for one use.
#[utoipa::path(post, path = "/members/{id}/recovery-link", tag = "people", params(("id" = String, Path)), request_body = RecoveryLinkRequest, responses((status = 201, body = RecoveryLink), (status = "default", response = Problem)))]
async fn post_recovery_link(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<RecoveryLinkRequest>,
) -> Result<(StatusCode, Json<RecoveryLink>), Failure> {
    let id = path_id(&id, "member")?;
    let link = state.accounts.create_recovery_link(&actor, id, body.drops_second_factor).await?;
    let link = RecoveryLink { token: link.token.expose().clone(), expires_at: link.expires_at };
    Ok((StatusCode::CREATED, Json(link)))
}
