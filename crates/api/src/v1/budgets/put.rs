//! `PUT /budgets/{scope}/{id}`.

use app::SetBudget;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{BudgetDocument, name};
use crate::extract::{Body, PathPair, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::keys::BudgetTerm;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put_budget))
}

/// What may be spent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetBudgetRequest {
    /// Millionths of the workspace's currency.
    micros: u64,
    term: BudgetTerm,
    /// At how many percent people are told, from 1 to 100; null: at the usual ones.
    alert_at: Option<Vec<u32>>,
}

/// Says what a member, a group or the workspace may spend. Answers that are being written go on. For owners and admins.
#[utoipa::path(put, path = "/budgets/{scope}/{id}", tag = "money", params(("scope" = String, Path, description = "`member`, `group` or `workspace`"), ("id" = String, Path)), request_body = SetBudgetRequest, responses((status = 200, body = BudgetDocument), (status = "default", response = Problem)))]
async fn put_budget(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    PathPair(scope, id): PathPair,
    Body(body): Body<SetBudgetRequest>,
) -> Result<Json<BudgetDocument>, Failure> {
    let SetBudgetRequest { micros, term, alert_at } = body;
    let wish = SetBudget { micros, term: term.into(), alert_at };
    Ok(Json(state.app.set_budget(&actor, name(&scope, &id)?, wish).await?.into()))
}
