//! The plan of who is signed in.

mod buy;
mod get;
mod next;
mod quote;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Failure;
use crate::router::ApiState;
use crate::v1::plans::{EndedDocument, PlanDocument, SubscriptionDocument, UseDocument};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(get::routes())
        .merge(buy::routes())
        .merge(quote::routes())
        .merge(next::routes())
}

/// What the member holds, has used and can still use.
#[derive(Debug, Serialize, ToSchema)]
struct MyPlan {
    plan: PlanDocument,
    /// What is held beside the plan of the role; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionDocument>,
    /// What was held before, and why it is over; absent while something is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<EndedDocument>,
    /// The plans that can be tried free of charge.
    can_try: Vec<String>,
    /// The plan's allowances, and how full they are.
    allowances: Vec<UseDocument>,
    /// The plan's rates, and how full they are.
    rates: Vec<UseDocument>,
    /// How many of the member's answers are being written.
    running: u32,
    /// What is in the wallet: micro-units (1e-6) of the plan's currency.
    wallet_micros: i64,
}

/// As things are now.
async fn my_plan(state: &ApiState, actor: &app::Actor) -> Result<Json<MyPlan>, Failure> {
    let account = state.app.account(actor).await?;
    Ok(Json(MyPlan {
        plan: (&account.plan).into(),
        subscription: account.standing.subscription.map(SubscriptionDocument::from),
        ended: account.standing.ended.map(EndedDocument::from),
        can_try: account.can_try,
        allowances: account.allowances.iter().map(UseDocument::new).collect(),
        rates: account.rates.iter().map(UseDocument::new).collect(),
        running: account.running,
        wallet_micros: account.wallet.micros(),
    }))
}
