//! What members, groups and the workspace may spend at most. What a key may spend stands with the key.

mod delete;
mod list;
mod put;

use app::BudgetName;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::keys::BudgetTerm;
use crate::extract::path_id;
use crate::problem::Failure;
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(list::routes()).merge(put::routes()).merge(delete::routes())
}

/// The most that may be spent, and what was spent of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
pub(crate) struct BudgetDocument {
    scope: BudgetScope,
    /// The id of the member, the group or the workspace.
    id: String,
    /// What people call it.
    name: String,
    /// The most: millionths of the currency.
    micros: i64,
    currency: String,
    term: BudgetTerm,
    /// At how many percent people are told.
    alert_at: Vec<u32>,
    /// What was spent in this term, and what is held for answers that are being written.
    spent_micros: i64,
    /// When it begins anew; null when it never does.
    #[schema(required)]
    begins_anew_at: Option<Timestamp>,
    changed_at: Timestamp,
}

/// Whose spending is bounded.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BudgetScope {
    Member,
    Group,
    Workspace,
}

impl From<app::BudgetInfo> for BudgetDocument {
    fn from(info: app::BudgetInfo) -> Self {
        let (scope, id) = match info.of {
            app::BudgetOf::Member(id) => (BudgetScope::Member, id.to_string()),
            app::BudgetOf::Group(id) => (BudgetScope::Group, id.to_string()),
            app::BudgetOf::Workspace => (BudgetScope::Workspace, info.workspace_id.to_string()),
        };
        Self {
            scope,
            id,
            name: info.name,
            micros: info.most.micros(),
            currency: info.currency.to_string(),
            term: info.term.into(),
            alert_at: info.alert_at.into(),
            spent_micros: info.spent.micros(),
            begins_anew_at: info.until,
            changed_at: info.changed_at,
        }
    }
}

/// Whose budget a path is about.
fn name(scope: &str, id: &str) -> Result<BudgetName, Failure> {
    Ok(match scope {
        "member" => BudgetName::Member(path_id(id, "member")?),
        "group" => BudgetName::Group(path_id(id, "group")?),
        "workspace" => BudgetName::Workspace(path_id(id, "workspace")?),
        _ => return Err(app::AppError::not_found("address").into()),
    })
}
