//! `POST /setup`: makes the owner's account, once.

use accounts::SetUp;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::me::{Locale, Me};
use super::sessions::signed_in;
use crate::extract::{Body, ClientName};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_setup))
}

/// The owner's account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// The one-time token of the link that the server printed.
    #[schema(value_type = String)]
    token: Secret<String>,
    /// The name to sign in with.
    login: String,
    /// At least 8 characters.
    #[schema(value_type = String)]
    password: Secret<String>,
    /// The name others see.
    name: String,
    #[schema(value_type = Locale)]
    locale: String,
}

/// Makes the owner's account and signs it in.
#[utoipa::path(post, path = "/setup", tag = "status", request_body = SetupRequest, responses((status = 201, body = Me), (status = "default", response = Problem)))]
async fn post_setup(
    State(state): State<ApiState>,
    ClientName(client): ClientName,
    Body(body): Body<SetupRequest>,
) -> Result<Response, Failure> {
    let SetupRequest { token, login, password, name, locale } = body;
    let entry = state.accounts.set_up(SetUp { token, login, password, name, locale, client }).await?;
    Ok(signed_in(entry, &state.options))
}
