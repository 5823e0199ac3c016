//! `GET` and `PUT /members/{id}/plan`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::money::MoneyDocument;
use crate::v1::plans::{EndedDocument, PlanDocument, SubscriptionDocument};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_plan, put_plan))
}

/// A plan to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignPlanRequest {
    /// The plan's id; the plan that everybody has takes away what is held.
    plan: String,
    /// Until when; for good, when absent.
    until: Option<Timestamp>,
}

/// A member's plan as those see it who run the workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberPlan)]
struct MemberPlanDocument {
    plan: PlanDocument,
    /// What is held beside the plan of the role; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionDocument>,
    /// What was held before, and why it is over; absent while something is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<EndedDocument>,
    wallet: MoneyDocument,
}

/// The plan of a member. For owners and admins.
#[utoipa::path(get, path = "/members/{id}/plan", tag = "people", params(("id" = String, Path)), responses((status = 200, body = MemberPlanDocument), (status = "default", response = Problem)))]
async fn get_plan(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<MemberPlanDocument>, Failure> {
    Ok(Json(state.app.member_plan(&actor, path_id(&id, "member")?).await?.into()))
}

/// Gives a member a plan without payment. What is unused of a plan that they paid for goes back to their wallet. For owners
/// and admins.
#[utoipa::path(put, path = "/members/{id}/plan", tag = "people", params(("id" = String, Path)), request_body = AssignPlanRequest, responses((status = 200, body = MemberPlanDocument), (status = "default", response = Problem)))]
async fn put_plan(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<AssignPlanRequest>,
) -> Result<Json<MemberPlanDocument>, Failure> {
    let member = path_id(&id, "member")?;
    Ok(Json(state.app.assign_plan(&actor, member, &body.plan, body.until).await?.into()))
}

impl From<app::MemberPlan> for MemberPlanDocument {
    fn from(found: app::MemberPlan) -> Self {
        Self {
            plan: (&found.plan).into(),
            subscription: found.standing.subscription.map(SubscriptionDocument::from),
            ended: found.standing.ended.map(EndedDocument::from),
            wallet: found.wallet.into(),
        }
    }
}
