//! `GET /me/plan`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MyPlan, my_plan};
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_plan))
}

/// The plan of who is signed in.
#[utoipa::path(get, path = "/me/plan", tag = "me", responses((status = 200, body = MyPlan), (status = "default", response = Problem)))]
async fn get_plan(State(state): State<ApiState>, Signed(actor): Signed) -> Result<Json<MyPlan>, Failure> {
    my_plan(&state, &actor).await
}
