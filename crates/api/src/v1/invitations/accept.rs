//! `POST /invitations/accept`: needs no session.

use accounts::AcceptInvitation;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, ClientName};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::{Locale, Me};
use crate::v1::sessions::signed_in;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_accept))
}

/// Somebody who comes in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptRequest {
    /// The token of the link.
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

/// Makes a member and signs them in.
#[utoipa::path(post, path = "/invitations/accept", tag = "people", request_body = AcceptRequest, responses((status = 201, body = Me), (status = "default", response = Problem)))]
async fn post_accept(
    State(state): State<ApiState>,
    ClientName(client): ClientName,
    Body(body): Body<AcceptRequest>,
) -> Result<Response, Failure> {
    let AcceptRequest { token, login, password, name, locale } = body;
    let wish = AcceptInvitation { token, login, password, name, locale, client };
    Ok(signed_in(state.accounts.accept_invitation(wish).await?, &state.options))
}
