//! `POST /orders/{id}/refund`.

use app::RefundWish;
use axum::Json;
use axum::extract::State;
use money::Amount;
use serde::Deserialize;
use stdx::RefundId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_refund))
}

/// What is to be given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundRequest {
    /// A UUIDv7 made by the client; sending it again gives nothing back twice.
    id: RefundId,
    /// One of the order's payments.
    payment: String,
    /// Micro-units (1e-6) of the currency that was paid.
    micros: i64,
}

/// Gives money back, and takes it from the wallet. Of an order that was paid by hand this says that it was given back by
/// hand. For owners and admins.
#[utoipa::path(post, path = "/orders/{id}/refund", tag = "payments", params(("id" = String, Path)), request_body = RefundRequest, responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_refund(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<RefundRequest>,
) -> Result<Json<OrderDocument>, Failure> {
    let wish = RefundWish { id: body.id, payment: body.payment, amount: Amount::from_micros(body.micros) };
    let order = state.app.refund_order(&actor, path_id(&id, "order")?, &wish).await?;
    Ok(Json(OrderDocument::new(order)?))
}
