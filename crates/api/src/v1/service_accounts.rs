//! `POST /service-accounts`: members that are programs.

use accounts::CreateServiceAccount;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::MemberId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::me::Role;
use super::members::MemberDocument;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_service_accounts))
}

/// A new service account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceAccountRequest {
    /// A UUIDv7 made by the client.
    id: MemberId,
    /// A short name that nobody else in the workspace has.
    login: String,
    /// The name others see.
    name: String,
    /// Never `owner`.
    role: Role,
    /// The agents of one that is a guest.
    agents: Option<Vec<String>>,
}

/// Makes a service account, which does what it does by its keys. It is listed among the members.
#[utoipa::path(post, path = "/service-accounts", tag = "people", request_body = ServiceAccountRequest, responses((status = 201, body = MemberDocument), (status = "default", response = Problem)))]
async fn post_service_accounts(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<ServiceAccountRequest>,
) -> Result<(StatusCode, Json<MemberDocument>), Failure> {
    let ServiceAccountRequest { id, login, name, role, agents } = body;
    let wish = CreateServiceAccount { login, name, role: role.into(), agents };
    let account = state.accounts.create_service_account(&actor, id, wish).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}
