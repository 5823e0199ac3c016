//! `DELETE /vouchers/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_voucher))
}

/// Takes a voucher back. Whoever redeemed it keeps what they got. For owners and admins.
#[utoipa::path(delete, path = "/vouchers/{id}", tag = "plans", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_voucher(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.app.remove_voucher(&actor, path_id(&id, "voucher")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
