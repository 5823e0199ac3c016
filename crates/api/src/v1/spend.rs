//! `GET /me/spend` and `GET /spend`.

use app::{SpendBy, SpendWish};
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
    OpenApiRouter::new().routes(routes!(get_my_spend)).routes(routes!(get_spend))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SpendQuery {
    /// The first day where the workspace is, `2026-11-01`; the first of the month when absent.
    from: Option<String>,
    /// The last day; today when absent. At most 366 days.
    until: Option<String>,
    /// What sums are taken by; `member` is for the workspace's.
    #[param(inline)]
    by: SpendWord,
}

/// What sums are taken by.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = SpendBy)]
#[serde(rename_all = "snake_case")]
enum SpendWord {
    Day,
    Agent,
    Model,
    Member,
}

/// What was spent, added up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Spend)]
struct SpendDocument {
    /// The first day.
    from: String,
    /// The last day.
    until: String,
    /// Days in their order; all else by what was spent, the most first. What nothing was spent on is not here.
    rows: Vec<SpendRow>,
    /// Everything together.
    total: SpendSum,
    /// What savings are compared with; absent when the price files name nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<SpendReference>,
}

/// What was spent under one key.
#[derive(Debug, Serialize, ToSchema)]
struct SpendRow {
    /// The day, the agent's id (empty for calls without an agent), the model's id or the member's id.
    key: String,
    /// The member's name; absent for who was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    sum: SpendSum,
}

/// Some runs together.
#[derive(Debug, Serialize, ToSchema)]
struct SpendSum {
    /// What members paid.
    amount: MoneyDocument,
    /// How many runs there were.
    runs: u64,
    /// Tokens, in and out.
    tokens: u64,
    /// What the same usage would have cost at the reference; absent when nothing of it can be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_reference: Option<MoneyDocument>,
    /// That less what was paid for the same runs; below zero when it was dearer here.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<MoneyDocument>,
}

/// A model of a vendor.
#[derive(Debug, Serialize, ToSchema)]
struct SpendReference {
    vendor: String,
    model: String,
}

/// What who is signed in spent. Runs that go on are not counted yet.
#[utoipa::path(get, path = "/me/spend", tag = "me", params(SpendQuery), responses((status = 200, body = SpendDocument), (status = "default", response = Problem)))]
async fn get_my_spend(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<SpendQuery>,
) -> Result<Json<SpendDocument>, Failure> {
    Ok(Json(state.app.my_spend(&actor, &query.into()).await?.into()))
}

/// What everybody in the workspace spent. For owners and admins.
#[utoipa::path(get, path = "/spend", tag = "plans", params(SpendQuery), responses((status = 200, body = SpendDocument), (status = "default", response = Problem)))]
async fn get_spend(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<SpendQuery>,
) -> Result<Json<SpendDocument>, Failure> {
    Ok(Json(state.app.workspace_spend(&actor, &query.into()).await?.into()))
}

impl From<SpendQuery> for SpendWish {
    fn from(query: SpendQuery) -> Self {
        let by = match query.by {
            SpendWord::Day => SpendBy::Day,
            SpendWord::Agent => SpendBy::Agent,
            SpendWord::Model => SpendBy::Model,
            SpendWord::Member => SpendBy::Member,
        };
        Self { from: query.from, until: query.until, by }
    }
}

impl From<app::Spend> for SpendDocument {
    fn from(spend: app::Spend) -> Self {
        let row = |row: app::SpendRow| SpendRow { key: row.key, name: row.name, sum: row.sum.into() };
        Self {
            from: spend.from.to_string(),
            until: spend.until.to_string(),
            rows: spend.rows.into_iter().map(row).collect(),
            total: spend.total.into(),
            reference: spend.reference.map(|(vendor, model)| SpendReference { vendor, model }),
        }
    }
}

impl From<app::SpendSum> for SpendSum {
    fn from(sum: app::SpendSum) -> Self {
        Self {
            amount: sum.amount.into(),
            runs: sum.runs,
            tokens: sum.tokens,
            at_reference: sum.compared.map(|compared| compared.at_reference.into()),
            saved: sum.compared.map(|compared| compared.saved.into()),
        }
    }
}
