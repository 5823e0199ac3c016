//! `PUT /me/plan/next`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MyPlan, my_plan};
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::plans::NextDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put_next))
}

/// Says what happens when the period is over: the way down, the way out, and the way back from either.
#[utoipa::path(put, path = "/me/plan/next", tag = "me", request_body = NextDocument, responses((status = 200, body = MyPlan), (status = "default", response = Problem)))]
async fn put_next(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<NextDocument>,
) -> Result<Json<MyPlan>, Failure> {
    state.app.set_next_plan(&actor, &body.read()?).await?;
    my_plan(&state, &actor).await
}
