//! `POST /orders/{id}/confirm`, `/decline` and `/seen`: what a person says about an order.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OrderDocument;
use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(post_confirm))
        .routes(routes!(post_decline))
        .routes(routes!(post_seen))
}

/// Says that the money of an order that is paid by hand is there. For owners and admins; saying it again changes nothing.
#[utoipa::path(post, path = "/orders/{id}/confirm", tag = "payments", params(("id" = String, Path)), responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_confirm(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<OrderDocument>, Failure> {
    Ok(Json(OrderDocument::new(state.app.confirm_order(&actor, path_id(&id, "order")?).await?)?))
}

/// Says that the money of an order that is paid by hand is not expected any more. For owners and admins.
#[utoipa::path(post, path = "/orders/{id}/decline", tag = "payments", params(("id" = String, Path)), responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_decline(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<OrderDocument>, Failure> {
    Ok(Json(OrderDocument::new(state.app.decline_order(&actor, path_id(&id, "order")?).await?)?))
}

/// Takes an order off the list of those to look at, until there is something new about it. For owners and admins.
#[utoipa::path(post, path = "/orders/{id}/seen", tag = "payments", params(("id" = String, Path)), responses((status = 200, body = OrderDocument), (status = "default", response = Problem)))]
async fn post_seen(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<OrderDocument>, Failure> {
    Ok(Json(OrderDocument::new(state.app.mark_order_seen(&actor, path_id(&id, "order")?).await?)?))
}
