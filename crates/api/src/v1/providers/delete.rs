//! `DELETE /providers/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_provider))
}

/// Forgets what was set for a provider, its key with it; answers that are being written go on. One whose key is in the environment is asked with that again. Owners and admins only.
#[utoipa::path(delete, path = "/providers/{id}", tag = "providers", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_provider(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.app.remove_provider(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
