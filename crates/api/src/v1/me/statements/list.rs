//! `GET /me/statements`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_statements))
}

/// The months that have a statement.
#[derive(Debug, Serialize, ToSchema)]
struct StatementMonths {
    /// `2026-11`, the latest first.
    items: Vec<String>,
}

/// The months of who is signed in, from the first movement of money until now.
#[utoipa::path(get, path = "/me/statements", tag = "me", responses((status = 200, body = StatementMonths), (status = "default", response = Problem)))]
async fn get_statements(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<StatementMonths>, Failure> {
    let months = state.app.statement_months(&actor).await?;
    Ok(Json(StatementMonths { items: months.iter().map(ToString::to_string).collect() }))
}
