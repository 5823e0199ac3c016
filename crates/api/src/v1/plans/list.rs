//! `GET /plans`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::PlanDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_plans))
}

/// The plans on offer, the least first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plans)]
struct PlansDocument {
    items: Vec<PlanDocument>,
}

/// What members can choose from.
#[utoipa::path(get, path = "/plans", tag = "plans", responses((status = 200, body = PlansDocument), (status = "default", response = Problem)))]
async fn list_plans(
    State(state): State<ApiState>,
    Signed(_): Signed,
) -> Result<Json<PlansDocument>, Failure> {
    Ok(Json(PlansDocument { items: state.app.plans_on_offer().map(PlanDocument::from).collect() }))
}
