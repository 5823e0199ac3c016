//! `POST /me/orders/{id}/cancel`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_cancel_order))
}

/// Gives an order up that waits for its payment; any other stays as it is. Money that comes after all counts.
#[utoipa::path(post, path = "/me/orders/{id}/cancel", tag = "payments", params(("id" = String, Path)), responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_cancel_order(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<OrderDocument>, Failure> {
    Ok(Json(OrderDocument::new(state.app.cancel_order(&actor, path_id(&id, "order")?).await?)?))
}
