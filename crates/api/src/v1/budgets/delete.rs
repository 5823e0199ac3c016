//! `DELETE /budgets/{scope}/{id}`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::name;
use crate::extract::{PathPair, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_budget))
}

/// Takes a budget away. For owners and admins.
#[utoipa::path(delete, path = "/budgets/{scope}/{id}", tag = "money", params(("scope" = String, Path, description = "`member`, `group` or `workspace`"), ("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_budget(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    PathPair(scope, id): PathPair,
) -> Result<StatusCode, Failure> {
    state.app.delete_budget(&actor, name(&scope, &id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
