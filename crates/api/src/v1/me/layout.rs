//! `GET` and `PUT /me/layout`: how the member's windows stand.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_layout, put_layout))
}

/// How the windows stand.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    /// At most 64 KB of JSON that only the UI understands; null before the first change.
    #[schema(value_type = Value, required)]
    layout: Option<serde_json::Value>,
}

/// How the windows stood last.
#[utoipa::path(get, path = "/me/layout", tag = "me", responses((status = 200, body = Layout), (status = "default", response = Problem)))]
async fn get_layout(State(state): State<ApiState>, Signed(actor): Signed) -> Result<Json<Layout>, Failure> {
    Ok(Json(Layout { layout: state.accounts.layout(&actor).await? }))
}

/// Remembers how the windows stand.
#[utoipa::path(put, path = "/me/layout", tag = "me", request_body = Layout, responses((status = 200, body = Layout), (status = "default", response = Problem)))]
async fn put_layout(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<Layout>,
) -> Result<Json<Layout>, Failure> {
    state.accounts.save_layout(&actor, body.layout.as_ref()).await?;
    Ok(Json(body))
}
