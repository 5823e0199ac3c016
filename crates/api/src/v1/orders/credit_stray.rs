//! `POST /payments/strays/credit`.

use app::CreditStray;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use stdx::{MemberId, OrderId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_stray_credit))
}

/// A payment that is for no order, and whose credit it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditStrayRequest {
    /// A UUIDv7 made by the client: the order that the payment gets. Sending it again credits nothing twice.
    id: OrderId,
    gateway: String,
    /// The gateway's name for the payment.
    payment: String,
    member_id: MemberId,
}

/// Credits a payment that is for no order to a member: it becomes a top-up of what was paid. What is said of it later is
/// about that order. For owners and admins of the workspace that the server was set up with.
#[utoipa::path(post, path = "/payments/strays/credit", tag = "payments", request_body = CreditStrayRequest, responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_stray_credit(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<CreditStrayRequest>,
) -> Result<Json<OrderDocument>, Failure> {
    let CreditStrayRequest { id, gateway, payment, member_id: member } = body;
    let wish = CreditStray { id, gateway, payment, member };
    Ok(Json(OrderDocument::new(state.app.credit_stray(&actor, &wish).await?)?))
}
