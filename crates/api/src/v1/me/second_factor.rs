//! `/me/second-factor`: a code beside the password.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get_second_factor, post_second_factor))
        .routes(routes!(post_confirm))
        .routes(routes!(post_recovery_codes))
        .routes(routes!(post_remove))
}

/// How it stands with the second factor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactor {
    /// True when sign-in asks for a code.
    on: bool,
    /// Recovery codes that were not used yet.
    recovery_codes_left: u64,
}

/// The password once more, so that an open browser is not enough.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginSecondFactorRequest {
    #[schema(value_type = String)]
    password: Secret<String>,
}

/// A secret for an authenticator; shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BegunSecondFactor {
    /// In base 32, to be typed.
    secret: String,
    /// The same as `otpauth://…`, to be shown as a QR code.
    uri: String,
}

/// The first code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmSecondFactorRequest {
    /// Six digits.
    #[schema(value_type = String)]
    code: Secret<String>,
}

/// The password and a code once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProveRequest {
    #[schema(value_type = String)]
    password: Secret<String>,
    /// Of the authenticator, or a recovery code.
    #[schema(value_type = String)]
    code: Secret<String>,
}

/// Codes for when the authenticator is lost; each works once, and they are shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

impl From<Vec<Secret<String>>> for RecoveryCodes {
    fn from(codes: Vec<Secret<String>>) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose().clone()).collect() }
    }
}

/// How it stands with the second factor.
#[utoipa::path(get, path = "/me/second-factor", tag = "me", responses((status = 200, body = SecondFactor), (status = "default", response = Problem)))]
async fn get_second_factor(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<SecondFactor>, Failure> {
    let factor = state.accounts.second_factor(&actor).await?;
    Ok(Json(SecondFactor { on: factor.is_on, recovery_codes_left: factor.codes_left }))
}

/// Makes a secret for an authenticator. Nothing asks for its codes before the first one was sent back.
#[utoipa::path(post, path = "/me/second-factor", tag = "me", request_body = BeginSecondFactorRequest, responses((status = 201, body = BegunSecondFactor), (status = "default", response = Problem)))]
async fn post_second_factor(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<BeginSecondFactorRequest>,
) -> Result<(StatusCode, Json<BegunSecondFactor>), Failure> {
    let begun = state.accounts.begin_second_factor(&actor, body.password).await?;
    let (secret, uri) = (begun.secret.expose().clone(), begun.uri.expose().clone());
    Ok((StatusCode::CREATED, Json(BegunSecondFactor { secret, uri })))
}

/// Turns the second factor on with its first code.
#[utoipa::path(post, path = "/me/second-factor/confirm", tag = "me", request_body = ConfirmSecondFactorRequest, responses((status = 200, body = RecoveryCodes), (status = "default", response = Problem)))]
async fn post_confirm(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<ConfirmSecondFactorRequest>,
) -> Result<Json<RecoveryCodes>, Failure> {
    Ok(Json(state.accounts.confirm_second_factor(&actor, &body.code).await?.into()))
}

/// Makes new recovery codes in the place of all there are.
#[utoipa::path(post, path = "/me/second-factor/recovery-codes", tag = "me", request_body = ProveRequest, responses((status = 200, body = RecoveryCodes), (status = "default", response = Problem)))]
async fn post_recovery_codes(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<ProveRequest>,
) -> Result<Json<RecoveryCodes>, Failure> {
    Ok(Json(state.accounts.renew_recovery_codes(&actor, body.password, &body.code).await?.into()))
}

/// Takes the second factor away.
#[utoipa::path(post, path = "/me/second-factor/remove", tag = "me", request_body = ProveRequest, responses((status = 204), (status = "default", response = Problem)))]
async fn post_remove(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<ProveRequest>,
) -> Result<StatusCode, Failure> {
    state.accounts.remove_second_factor(&actor, body.password, &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}
