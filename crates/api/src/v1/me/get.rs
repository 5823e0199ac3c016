//! `GET /me`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Me;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_me))
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = Me), (status = "default", response = Problem)))]
async fn get_me(State(state): State<ApiState>, Signed(actor): Signed) -> Result<Json<Me>, Failure> {
    Ok(Json(state.accounts.me(&actor).await?.into()))
}
