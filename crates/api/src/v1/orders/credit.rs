//! `POST /orders/{id}/credit`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_credit))
}

/// What is to be credited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditPaymentRequest {
    /// One of the order's payments that is not what the order asks for.
    payment: String,
}

/// Credits a payment of an order to its member instead of giving it back: one of another amount, or one that came twice.
/// Sent again it changes nothing. For owners and admins.
#[utoipa::path(post, path = "/orders/{id}/credit", tag = "payments", params(("id" = String, Path)), request_body = CreditPaymentRequest, responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_credit(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<CreditPaymentRequest>,
) -> Result<Json<OrderDocument>, Failure> {
    let order = state.app.credit_payment(&actor, path_id(&id, "order")?, &body.payment).await?;
    Ok(Json(OrderDocument::new(order)?))
}
