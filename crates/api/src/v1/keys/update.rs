//! `PUT /keys/{id}`.

use accounts::KeyWish;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{KeyBudget, KeyDocument, KeyScope};
use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put_key))
}

/// What a key is called and may do, as a whole: what is absent is not limited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateKeyRequest {
    name: String,
    #[serde(default)]
    scope: KeyScope,
    budget: Option<KeyBudget>,
    expires_at: Option<Timestamp>,
}

/// Changes what a key is called and may do; its token stays.
#[utoipa::path(put, path = "/keys/{id}", tag = "keys", params(("id" = String, Path)), request_body = UpdateKeyRequest, responses((status = 200, body = KeyDocument), (status = "default", response = Problem)))]
async fn put_key(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<UpdateKeyRequest>,
) -> Result<Json<KeyDocument>, Failure> {
    let UpdateKeyRequest { name, scope, budget, expires_at } = body;
    let wish =
        KeyWish { name, scope: scope.into(), budget: budget.map(accounts::KeyBudget::from), expires_at };
    Ok(Json(state.accounts.update_key(&actor, path_id(&id, "key")?, wish).await?.into()))
}
