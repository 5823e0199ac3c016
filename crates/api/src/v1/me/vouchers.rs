//! `POST /me/vouchers`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::vouchers::WorthDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_vouchers))
}

/// A code, however it was typed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemRequest {
    #[schema(value_type = String)]
    code: Secret<String>,
}

/// What a voucher gave.
#[derive(Debug, Serialize, ToSchema)]
struct Redeemed {
    worth: WorthDocument,
}

/// Redeems a voucher, once for each member.
#[utoipa::path(post, path = "/me/vouchers", tag = "me", request_body = RedeemRequest, responses((status = 200, body = Redeemed), (status = "default", response = Problem)))]
async fn post_vouchers(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<RedeemRequest>,
) -> Result<Json<Redeemed>, Failure> {
    let worth = state.app.redeem_voucher(&actor, body.code.expose()).await?;
    Ok(Json(Redeemed { worth: worth.into() }))
}
