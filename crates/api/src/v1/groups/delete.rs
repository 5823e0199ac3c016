//! `DELETE /groups/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_group))
}

/// Takes a group away; its members stay in the workspace.
#[utoipa::path(delete, path = "/groups/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_group(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.accounts.delete_group(&actor, path_id(&id, "group")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
