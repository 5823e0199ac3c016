//! `POST /payments/strays/settle`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::strays::StrayMessages;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_stray_settle))
}

/// A payment that is for no order, and what somebody did about it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettleStrayRequest {
    gateway: String,
    /// The gateway's name for the payment.
    payment: String,
    /// What was done: one line, for those who ask later.
    #[serde(default)]
    note: String,
}

/// Puts away what was said of a payment that is for no order, because somebody has seen to it at the gateway. Answers what
/// else there is. What is said of it later is shown again. For owners and admins of the workspace that the server was set
/// up with.
#[utoipa::path(post, path = "/payments/strays/settle", tag = "payments", request_body = SettleStrayRequest, responses((status = 200, body = StrayMessages), (status = "default", response = Problem)))]
async fn post_stray_settle(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<SettleStrayRequest>,
) -> Result<Json<StrayMessages>, Failure> {
    let strays = state.app.settle_stray(&actor, (&body.gateway, &body.payment), &body.note).await?;
    Ok(Json(StrayMessages::new(strays)))
}
