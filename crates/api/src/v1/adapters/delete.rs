//! `DELETE /adapters/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_adapter))
}

/// Removes an adapter; answers that are being written with it end as if it were there. Owners and admins only.
#[utoipa::path(delete, path = "/adapters/{id}", tag = "adapters", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_adapter(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.app.remove_adapter(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
