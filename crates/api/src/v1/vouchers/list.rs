//! `GET /vouchers`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::VoucherDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_vouchers))
}

/// All vouchers, the oldest first, also those that nobody can redeem any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoucherList {
    items: Vec<VoucherDocument>,
}

/// All vouchers with their codes. For owners and admins.
#[utoipa::path(get, path = "/vouchers", tag = "plans", responses((status = 200, body = VoucherList), (status = "default", response = Problem)))]
async fn get_vouchers(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<VoucherList>, Failure> {
    let vouchers = state.app.vouchers(&actor).await?;
    Ok(Json(VoucherList { items: vouchers.into_iter().map(VoucherDocument::from).collect() }))
}
