//! `DELETE /keys/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_key))
}

/// Takes a key out of use at once; it stays in the list.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_key(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.accounts.revoke_key(&actor, path_id(&id, "key")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
