//! `POST /sign-up/requests`: needs no session.

use accounts::AskToJoin;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Body;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::Locale;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_requests))
}

/// Somebody who asks to be let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskToJoinRequest {
    /// The name to sign in with.
    login: String,
    /// At least 8 characters.
    #[schema(value_type = String)]
    password: Secret<String>,
    /// The name others see.
    name: String,
    #[schema(value_type = Locale)]
    locale: String,
    /// What they say about themselves; at most 500 characters.
    #[serde(default)]
    note: String,
}

/// Asks to be let in. The answer does not tell whether the name is free.
#[utoipa::path(post, path = "/sign-up/requests", tag = "people", request_body = AskToJoinRequest, responses((status = 202), (status = "default", response = Problem)))]
async fn post_requests(
    State(state): State<ApiState>,
    Body(body): Body<AskToJoinRequest>,
) -> Result<StatusCode, Failure> {
    let AskToJoinRequest { login, password, name, locale, note } = body;
    state.accounts.ask_to_join(AskToJoin { login, password, name, locale, note }).await?;
    Ok(StatusCode::ACCEPTED)
}
