//! `GET /budgets`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::BudgetDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_budgets))
}

/// All budgets: of members, then of groups, then the workspace's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetList {
    items: Vec<BudgetDocument>,
}

/// All budgets but those of keys. For owners and admins.
#[utoipa::path(get, path = "/budgets", tag = "money", responses((status = 200, body = BudgetList), (status = "default", response = Problem)))]
async fn get_budgets(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<BudgetList>, Failure> {
    let budgets = state.app.budgets(&actor).await?;
    Ok(Json(BudgetList { items: budgets.into_iter().map(BudgetDocument::from).collect() }))
}
