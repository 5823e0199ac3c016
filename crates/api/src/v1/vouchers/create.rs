//! `POST /vouchers`.

use app::AddVoucher;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::{Timestamp, VoucherId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{VoucherDocument, WorthDocument};
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_vouchers))
}

/// A new voucher.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddVoucherRequest {
    /// A UUIDv7 made by the client; repeating it answers with the voucher there is.
    id: VoucherId,
    worth: WorthDocument,
    /// By how many members it can be redeemed: 1 when absent.
    most_members: Option<u32>,
    /// From when on; now, when absent.
    valid_from: Option<Timestamp>,
    /// Until before when; it does not expire, when absent.
    expires_at: Option<Timestamp>,
    /// What it is for; members do not see it.
    #[serde(default)]
    note: String,
}

/// Makes a voucher. For owners and admins.
#[utoipa::path(post, path = "/vouchers", tag = "plans", request_body = AddVoucherRequest, responses((status = 201, body = VoucherDocument), (status = "default", response = Problem)))]
async fn post_vouchers(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<AddVoucherRequest>,
) -> Result<(StatusCode, Json<VoucherDocument>), Failure> {
    let AddVoucherRequest { id, worth, most_members, valid_from, expires_at, note } = body;
    let (worth, most_members) = (worth.read()?, most_members.unwrap_or(1));
    let wish = AddVoucher { id, worth, most_members, valid_from, expires_at, note };
    Ok((StatusCode::CREATED, Json(state.app.add_voucher(&actor, wish).await?.into())))
}
