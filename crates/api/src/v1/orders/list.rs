//! `GET /orders`.

use app::WhichOrders;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::mine::OrderPage;
use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_orders))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AllOrdersQuery {
    /// The `next` of the page before.
    before: Option<String>,
    /// At most 200; 50 when absent.
    limit: Option<u32>,
    /// True: only those that a person has to look at, among them those that wait to be confirmed by hand.
    to_look_at: Option<bool>,
}

/// The workspace's orders, the newest first. For owners and admins.
#[utoipa::path(get, path = "/orders", tag = "payments", params(AllOrdersQuery), responses((status = 200, body = OrderPage), (status = "default", response = Problem)))]
async fn get_orders(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<AllOrdersQuery>,
) -> Result<Json<OrderPage>, Failure> {
    let AllOrdersQuery { before, limit, to_look_at } = query;
    let which = if to_look_at == Some(true) { WhichOrders::ToLookAt } else { WhichOrders::All };
    Ok(Json(OrderPage::new(state.app.orders(&actor, which, before.as_deref(), limit).await?)?))
}
