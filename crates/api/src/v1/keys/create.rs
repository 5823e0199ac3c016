//! `POST /keys`.

use accounts::KeyWish;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::{KeyId, MemberId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CreatedKey, KeyBudget, KeyScope};
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_keys))
}

/// A new key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKeyRequest {
    /// A UUIDv7 made by the client. The token is shown once, so the same id again is `conflict`.
    id: KeyId,
    /// A service account that it is for; the member's own when absent.
    member_id: Option<MemberId>,
    name: String,
    #[serde(default)]
    scope: KeyScope,
    budget: Option<KeyBudget>,
    expires_at: Option<Timestamp>,
}

/// Makes a key and shows its token this once.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = CreateKeyRequest, responses((status = 201, body = CreatedKey), (status = "default", response = Problem)))]
async fn post_keys(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<CreateKeyRequest>,
) -> Result<(StatusCode, Json<CreatedKey>), Failure> {
    let CreateKeyRequest { id, member_id, name, scope, budget, expires_at } = body;
    let wish =
        KeyWish { name, scope: scope.into(), budget: budget.map(accounts::KeyBudget::from), expires_at };
    let created = state.accounts.create_key(&actor, id, member_id, wish).await?;
    Ok((StatusCode::CREATED, Json(created.into())))
}
