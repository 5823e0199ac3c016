//! `GET /savings`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::money::MoneyDocument;
use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_savings))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SavingsQuery {
    /// The first day where the workspace is, `2026-11-01`; the first of the month when absent.
    pub(super) from: Option<String>,
    /// The last day; today when absent. At most 366 days.
    pub(super) until: Option<String>,
}

/// What policies saved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Savings)]
struct SavingsDocument {
    /// The first day.
    from: String,
    /// The last day.
    until: String,
    /// By policy and by who answered.
    rows: Vec<SavingsRow>,
    /// Everything together.
    total: SavingsSum,
}

/// What the choices of a policy saved where one model answered.
#[derive(Debug, Serialize, ToSchema)]
struct SavingsRow {
    /// The policy's id.
    policy: String,
    /// The id of the model that answered.
    model: String,
    #[serde(flatten)]
    sum: SavingsSum,
}

/// Some answers together.
#[derive(Debug, Serialize, ToSchema)]
struct SavingsSum {
    /// How many.
    answers: u64,
    /// Those of which it is known what they saved; the amounts are theirs. Of others something has no price.
    known: u64,
    /// What was really used, failed attempts included.
    cost: MoneyDocument,
    /// What the same tokens would have cost at the policies' references.
    at_reference: MoneyDocument,
    /// That, less the cost; below zero it was dearer.
    saved: MoneyDocument,
}

/// What policies saved, by what was really used. For owners and admins.
#[utoipa::path(get, path = "/savings", tag = "plans", params(SavingsQuery), responses((status = 200, body = SavingsDocument), (status = "default", response = Problem)))]
async fn get_savings(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<SavingsQuery>,
) -> Result<Json<SavingsDocument>, Failure> {
    let SavingsQuery { from, until } = query;
    Ok(Json(state.app.read_savings(&actor, from.as_deref(), until.as_deref()).await?.into()))
}

impl From<app::Savings> for SavingsDocument {
    fn from(savings: app::Savings) -> Self {
        let app::Savings { from, until, rows, total } = savings;
        let row =
            |row: app::SavedRow| SavingsRow { policy: row.policy, model: row.model, sum: row.sum.into() };
        Self {
            from: from.to_string(),
            until: until.to_string(),
            rows: rows.into_iter().map(row).collect(),
            total: total.into(),
        }
    }
}

impl From<app::SavedSum> for SavingsSum {
    fn from(sum: app::SavedSum) -> Self {
        Self {
            answers: sum.answers,
            known: sum.known,
            cost: sum.cost.into(),
            at_reference: sum.at_reference.into(),
            saved: sum.saved.into(),
        }
    }
}
