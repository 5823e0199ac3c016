//! `GET /me/orders/{id}`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_my_order))
}

/// An order of the member. While it waits for its payment the gateway is asked, at most every three seconds and for five at
/// most.
#[utoipa::path(get, path = "/me/orders/{id}", tag = "payments", params(("id" = String, Path)), responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn get_my_order(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<OrderDocument>, Failure> {
    Ok(Json(OrderDocument::new(state.app.my_order(&actor, path_id(&id, "order")?).await?)?))
}
