//! `POST /sessions`: signs in.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signed_in;
use crate::extract::Body;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::Me;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_sessions))
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInRequest {
    /// The name to sign in with.
    login: String,
    /// The password.
    #[schema(value_type = String)]
    password: Secret<String>,
}

/// Signs in.
#[utoipa::path(post, path = "/sessions", tag = "me", request_body = SignInRequest, responses((status = 201, body = Me), (status = "default", response = Problem)))]
async fn post_sessions(
    State(state): State<ApiState>,
    Body(body): Body<SignInRequest>,
) -> Result<Response, Failure> {
    let entry = state.app.sign_in(&body.login, body.password).await?;
    Ok(signed_in(entry, &state.options))
}
