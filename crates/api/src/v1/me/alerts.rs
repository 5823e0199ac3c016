//! `GET /me/alerts` and `DELETE /me/alerts/{id}`: much of a limit is used.

use app::Alert;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use stdx::{AlertId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::plans::AllowanceMeasure;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_alerts)).routes(routes!(delete_alert))
}

/// What the reader was not told before, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertList {
    items: Vec<AlertDocument>,
}

/// Much of a limit is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub(crate) struct AlertDocument {
    id: AlertId,
    scope: AlertScope,
    /// The id of the key, the member, the group or the workspace; of the member for a plan.
    subject_id: String,
    /// What that is called; the id of the plan for a plan.
    name: String,
    /// In which time: hours, minutes, `day`, `month`, or `once`.
    window: String,
    measure: AllowanceMeasure,
    /// How much of the limit was used at least.
    percent: u32,
    /// What was used when it was noted: micro-units for credits.
    used: u64,
    /// The limit.
    most: u64,
    /// Of credits.
    currency: String,
    /// The end of the period it is about; null when that has none.
    #[schema(required)]
    period_ends_at: Option<Timestamp>,
    at: Timestamp,
}

/// What has the limit.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertScope {
    /// An allowance of the member's plan.
    Plan,
    /// The budget of a key.
    Key,
    /// The budget of a member.
    Member,
    /// The budget of a group.
    Group,
    /// The budget of the workspace.
    Workspace,
}

impl AlertDocument {
    fn new(alert: Alert, currency: &str) -> Self {
        Self {
            id: alert.id,
            scope: alert.scope.into(),
            subject_id: alert.subject_id,
            name: alert.name,
            window: alert.stretch,
            measure: alert.measure.into(),
            percent: alert.percent,
            used: alert.used,
            most: alert.most,
            currency: currency.to_owned(),
            period_ends_at: alert.period.map(|period| period.end),
            at: alert.at,
        }
    }
}

impl From<app::AlertScope> for AlertScope {
    fn from(scope: app::AlertScope) -> Self {
        match scope {
            app::AlertScope::Plan => Self::Plan,
            app::AlertScope::Key => Self::Key,
            app::AlertScope::Member => Self::Member,
            app::AlertScope::Group => Self::Group,
            app::AlertScope::Workspace => Self::Workspace,
        }
    }
}

/// What of the member's limits is nearly used up; for owners and admins all budgets of the workspace, too.
#[utoipa::path(get, path = "/me/alerts", tag = "me", responses((status = 200, body = AlertList), (status = "default", response = Problem)))]
async fn get_alerts(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<AlertList>, Failure> {
    let alerts = state.app.alerts(&actor).await?;
    let currency = state.app.currency().to_string();
    let items = alerts.into_iter().map(|alert| AlertDocument::new(alert, &currency)).collect();
    Ok(Json(AlertList { items }))
}

/// Puts an alert away, for this reader alone, with those of lower thresholds of the same limit.
#[utoipa::path(delete, path = "/me/alerts/{id}", tag = "me", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_alert(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.app.dismiss_alert(&actor, path_id(&id, "alert")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
