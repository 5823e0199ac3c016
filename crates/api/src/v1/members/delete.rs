//! `DELETE /members/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_member))
}

/// Takes a member out of the workspace, with their conversations and keys.
#[utoipa::path(delete, path = "/members/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_member(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.accounts.remove_member(&actor, path_id(&id, "member")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
