//! `PUT /me/password`.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put_password))
}

/// The old password and the new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordRequest {
    #[schema(value_type = String)]
    current: Secret<String>,
    /// The code of the second factor, or a recovery code, where there is one.
    #[schema(value_type = Option<String>)]
    code: Option<Secret<String>>,
    /// At least 8 characters.
    #[schema(value_type = String)]
    new: Secret<String>,
}

/// Changes the password and ends all other sessions.
#[utoipa::path(put, path = "/me/password", tag = "me", request_body = ChangePasswordRequest, responses((status = 204), (status = "default", response = Problem)))]
async fn put_password(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<ChangePasswordRequest>,
) -> Result<StatusCode, Failure> {
    let ChangePasswordRequest { current, code, new } = body;
    state.accounts.change_password(&actor, current, code.as_ref(), new).await?;
    Ok(StatusCode::NO_CONTENT)
}
