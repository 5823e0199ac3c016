//! `GET /me/orders`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_my_orders))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OrderQuery {
    /// The `next` of the page before.
    before: Option<String>,
    /// At most 200; 50 when absent.
    limit: Option<u32>,
}

/// A page of orders, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderPage {
    items: Vec<OrderDocument>,
    /// For `before`; null on the last page.
    #[schema(required)]
    next: Option<String>,
}

impl OrderPage {
    pub(super) fn new(page: app::OrderPage) -> Result<Self, Failure> {
        let items = page.items.into_iter().map(OrderDocument::new).collect::<Result<_, _>>()?;
        Ok(Self { items, next: page.next })
    }
}

/// The member's orders, as they were when a gateway was last heard.
#[utoipa::path(get, path = "/me/orders", tag = "payments", params(OrderQuery), responses((status = 200, body = OrderPage), (status = "default", response = Problem)))]
async fn get_my_orders(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<OrderQuery>,
) -> Result<Json<OrderPage>, Failure> {
    let OrderQuery { before, limit } = query;
    Ok(Json(OrderPage::new(state.app.my_orders(&actor, before.as_deref(), limit).await?)?))
}
