//! `GET /me/plan`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::plans::{PlanDocument, UseDocument};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_plan))
}

/// What the member holds, has used and can still use.
#[derive(Debug, Serialize, ToSchema)]
struct MyPlan {
    plan: PlanDocument,
    /// The plan's allowances, and how full they are.
    allowances: Vec<UseDocument>,
    /// The plan's rates, and how full they are.
    rates: Vec<UseDocument>,
    /// How many of the member's answers are being written.
    running: u32,
    /// What is in the wallet: micro-units (1e-6) of the plan's currency.
    wallet_micros: i64,
}

/// The plan of who is signed in.
#[utoipa::path(get, path = "/me/plan", tag = "me", responses((status = 200, body = MyPlan), (status = "default", response = Problem)))]
async fn get_plan(State(state): State<ApiState>, Signed(actor): Signed) -> Result<Json<MyPlan>, Failure> {
    let account = state.app.account(&actor).await?;
    Ok(Json(MyPlan {
        plan: (&account.plan).into(),
        allowances: account.allowances.iter().map(UseDocument::new).collect(),
        rates: account.rates.iter().map(UseDocument::new).collect(),
        running: account.running,
        wallet_micros: account.wallet.micros(),
    }))
}
