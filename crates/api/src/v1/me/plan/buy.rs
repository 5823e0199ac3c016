//! `POST /me/plan`.

use app::{BuyPlan, Terms};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MyPlan, my_plan};
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_plan))
}

/// A plan to hold from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BuyPlanRequest {
    /// The plan's id.
    plan: String,
    /// True to try it free of charge first.
    #[serde(default)]
    trial: bool,
}

/// Begins a plan, or a higher one, now: paid from the wallet, after what is unused of the old one was given back. Whoever
/// holds it already pays nothing, so that a repetition is harmless.
#[utoipa::path(post, path = "/me/plan", tag = "me", request_body = BuyPlanRequest, responses((status = 200, body = MyPlan), (status = "default", response = Problem)))]
async fn post_plan(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<BuyPlanRequest>,
) -> Result<Json<MyPlan>, Failure> {
    let terms = if body.trial { Terms::Trial } else { Terms::Paid };
    state.app.buy_plan(&actor, &BuyPlan { plan: body.plan, terms }).await?;
    my_plan(&state, &actor).await
}
