//! `POST /keys/{id}/rotate`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::CreatedKey;
use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_rotate))
}

/// How long both tokens open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateKeyRequest {
    /// How long the present token still opens: at most 30 days; a day when absent, and 0 for one that got out.
    grace_seconds: Option<u64>,
}

/// Gives a key another token and shows it this once.
#[utoipa::path(post, path = "/keys/{id}/rotate", tag = "keys", params(("id" = String, Path)), request_body = RotateKeyRequest, responses((status = 200, body = CreatedKey), (status = "default", response = Problem)))]
async fn post_rotate(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<RotateKeyRequest>,
) -> Result<Json<CreatedKey>, Failure> {
    let grace = Duration::from_secs(body.grace_seconds.unwrap_or(24 * 3_600));
    Ok(Json(state.accounts.rotate_key(&actor, path_id(&id, "key")?, grace).await?.into()))
}
