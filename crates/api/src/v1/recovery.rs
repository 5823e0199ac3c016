//! `POST /recovery` and `/recovery/look`: a new password by a link that an admin made. They need no session.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use stdx::{Secret, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Body;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_recovery)).routes(routes!(post_recovery_look))
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoverRequest {
    /// The token of the link.
    #[schema(value_type = String)]
    token: Secret<String>,
    /// At least 8 characters.
    #[schema(value_type = String)]
    password: Secret<String>,
}

/// Which link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryLookRequest {
    /// The token of the link.
    #[schema(value_type = String)]
    token: Secret<String>,
}

/// What a recovery link says to whoever holds it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryView {
    /// The name to sign in with.
    login: String,
    /// True when it takes the second factor away too.
    drops_second_factor: bool,
    expires_at: Timestamp,
}

/// Sets a new password and ends all sessions of the member, who signs in with it after.
#[utoipa::path(post, path = "/recovery", tag = "people", request_body = RecoverRequest, responses((status = 204), (status = "default", response = Problem)))]
async fn post_recovery(
    State(state): State<ApiState>,
    Body(body): Body<RecoverRequest>,
) -> Result<StatusCode, Failure> {
    state.accounts.recover(&body.token, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a recovery link says. One that is spent, over or unknown answers `link_invalid`.
#[utoipa::path(post, path = "/recovery/look", tag = "people", request_body = RecoveryLookRequest, responses((status = 200, body = RecoveryView), (status = "default", response = Problem)))]
async fn post_recovery_look(
    State(state): State<ApiState>,
    Body(body): Body<RecoveryLookRequest>,
) -> Result<Json<RecoveryView>, Failure> {
    let accounts::RecoveryView { login, drops_second_factor, expires_at } =
        state.accounts.look_at_recovery(&body.token).await?;
    Ok(Json(RecoveryView { login, drops_second_factor, expires_at }))
}
