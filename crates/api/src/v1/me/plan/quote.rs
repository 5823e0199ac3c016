//! `POST /me/plan/quote`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::money::MoneyDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_quote))
}

/// A plan to be asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotePlanRequest {
    /// The plan's id.
    plan: String,
}

/// What a plan would cost now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanQuote)]
struct QuoteDocument {
    /// Its first period.
    charge: MoneyDocument,
    /// What is given back of the old one; it may be more than the charge.
    credit: MoneyDocument,
    /// What the wallet lacks.
    missing: MoneyDocument,
}

/// What a plan would cost now; nothing is bought.
#[utoipa::path(post, path = "/me/plan/quote", tag = "me", request_body = QuotePlanRequest, responses((status = 200, body = QuoteDocument), (status = "default", response = Problem)))]
async fn post_quote(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<QuotePlanRequest>,
) -> Result<Json<QuoteDocument>, Failure> {
    let app::PlanQuote { charge, credit, missing } = state.app.quote_plan(&actor, &body.plan).await?;
    Ok(Json(QuoteDocument { charge: charge.into(), credit: credit.into(), missing: missing.into() }))
}
