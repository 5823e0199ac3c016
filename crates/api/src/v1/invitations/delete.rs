//! `DELETE /invitations/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_invitation))
}

/// Takes an invitation back. Whoever came by it stays.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_invitation(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.accounts.revoke_invitation(&actor, path_id(&id, "invitation")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
