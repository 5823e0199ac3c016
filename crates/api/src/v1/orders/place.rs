//! `POST /me/orders`.

use app::{PlaceOrder, Wish};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use money::Amount;
use serde::Deserialize;
use stdx::OrderId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_my_orders))
}

/// What somebody wants to buy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceOrderRequest {
    /// A UUIDv7 made by the client; sending it again gives the same order and never a second payment.
    id: OrderId,
    product: WishDocument,
    /// One of those that `GET /payments` lists.
    gateway: String,
}

/// What is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "product", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = ProductWish)]
enum WishDocument {
    /// So much in the wallet.
    TopUp {
        /// Micro-units (1e-6) of the currency that `GET /payments` names, in whole hundredths.
        micros: i64,
    },
    /// The first period of a plan that could begin now, at its price. What is unused of a plan that is left for it goes into
    /// the wallet when it begins; later periods are paid from the wallet.
    Plan {
        /// The plan's id.
        plan: String,
    },
}

/// Begins to buy something. `next` of the answer says how it goes on.
#[utoipa::path(post, path = "/me/orders", tag = "payments", request_body = PlaceOrderRequest, responses((status = 201, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_my_orders(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<PlaceOrderRequest>,
) -> Result<(StatusCode, Json<OrderDocument>), Failure> {
    let product = match body.product {
        WishDocument::TopUp { micros } => Wish::TopUp(Amount::from_micros(micros)),
        WishDocument::Plan { plan } => Wish::Plan(plan),
    };
    let wish = PlaceOrder { id: body.id, product, gateway: body.gateway };
    let order = state.app.place_order(&actor, wish).await?;
    Ok((StatusCode::CREATED, Json(OrderDocument::new(order)?)))
}
