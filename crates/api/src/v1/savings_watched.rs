//! `GET /savings/watched`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::money::MoneyDocument;
use super::savings::SavingsQuery;
use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_watched))
}

/// What policies would have saved that are only watched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WatchedSavings)]
struct WatchedDocument {
    /// The policy that is watched now (`[routing] watch` in `hutong.toml`).
    #[schema(required)]
    watched: Option<String>,
    /// The first day.
    from: String,
    /// The last day.
    until: String,
    /// The policies that were watched.
    policies: Vec<WatchedPolicy>,
}

/// What one policy would have saved.
#[derive(Debug, Serialize, ToSchema)]
struct WatchedPolicy {
    /// The policy's id.
    policy: String,
    /// The days on which something was answered, in their order.
    days: Vec<WatchedDay>,
    /// All of them together.
    total: WatchedSum,
}

/// What a policy would have saved on one day.
#[derive(Debug, Serialize, ToSchema)]
struct WatchedDay {
    /// The day where the workspace is, `2026-11-01`.
    day: String,
    #[serde(flatten)]
    sum: WatchedSum,
}

/// Some answers together.
#[derive(Debug, Serialize, ToSchema)]
struct WatchedSum {
    /// How many another policy, or a name, decided who was asked for.
    answers: u64,
    /// Those that the watched policy would have asked somebody else for.
    elsewhere: u64,
    /// Those that it would have asked nobody for.
    nobody: u64,
    /// Those of which it is known what it would have saved; the amounts are theirs. Of others something has no price.
    known: u64,
    /// What was really used, failed attempts included.
    cost: MoneyDocument,
    /// What the same tokens would have cost where the policy would have asked.
    would_cost: MoneyDocument,
    /// The difference; below zero it would have been dearer.
    would_save: MoneyDocument,
}

/// What a watched policy would have saved, by day, by what was really used. For owners and admins.
#[utoipa::path(get, path = "/savings/watched", tag = "plans", params(SavingsQuery), responses((status = 200, body = WatchedDocument), (status = "default", response = Problem)))]
async fn get_watched(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<SavingsQuery>,
) -> Result<Json<WatchedDocument>, Failure> {
    let SavingsQuery { from, until } = query;
    Ok(Json(state.app.read_watched(&actor, from.as_deref(), until.as_deref()).await?.into()))
}

impl From<app::WouldSave> for WatchedDocument {
    fn from(found: app::WouldSave) -> Self {
        let app::WouldSave { watched, from, until, policies } = found;
        let policy = |policy: app::WatchedPolicy| {
            let days = policy.days.into_iter();
            WatchedPolicy {
                policy: policy.policy,
                days: days.map(|(day, sum)| WatchedDay { day: day.to_string(), sum: sum.into() }).collect(),
                total: policy.total.into(),
            }
        };
        Self {
            watched,
            from: from.to_string(),
            until: until.to_string(),
            policies: policies.into_iter().map(policy).collect(),
        }
    }
}

impl From<app::WouldSum> for WatchedSum {
    fn from(sum: app::WouldSum) -> Self {
        Self {
            answers: sum.answers,
            elsewhere: sum.elsewhere,
            nobody: sum.nobody,
            known: sum.known,
            cost: sum.cost.into(),
            would_cost: sum.would_cost.into(),
            would_save: sum.would_save.into(),
        }
    }
}
