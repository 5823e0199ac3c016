//! `POST /sessions`: signs in.

use accounts::SignIn;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signed_in;
use crate::extract::{Body, ClientName};
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
    /// The code of the second factor, or a recovery code, where there is one.
    #[schema(value_type = Option<String>)]
    code: Option<Secret<String>>,
}

/// Signs in. Where a second factor is on, the first answer is `second_factor_required`; the same again with a code signs in.
#[utoipa::path(post, path = "/sessions", tag = "me", request_body = SignInRequest, responses((status = 201, body = Me), (status = "default", response = Problem)))]
async fn post_sessions(
    State(state): State<ApiState>,
    ClientName(client): ClientName,
    Body(body): Body<SignInRequest>,
) -> Result<Response, Failure> {
    let SignInRequest { login, password, code } = body;
    let entry = state.accounts.sign_in(SignIn { login, password, code, client }).await?;
    Ok(signed_in(entry, &state.options))
}
