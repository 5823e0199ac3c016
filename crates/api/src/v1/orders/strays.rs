//! `GET /payments/strays`.

use app::{Heard, Outcome};
use axum::Json;
use axum::extract::State;
use money::Money;
use money::payment::Happened;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MoneyDocument;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_strays))
}

/// What gateways said that is about no order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StrayMessages {
    items: Vec<StrayMessage>,
}

impl StrayMessages {
    pub(super) fn new(strays: Vec<Heard>) -> Self {
        Self { items: strays.into_iter().map(StrayMessage::from).collect() }
    }
}

/// Something that a gateway said about a payment that is for no order, or not for the one that it names. Nothing was
/// credited for it.
#[derive(Debug, Serialize, ToSchema)]
struct StrayMessage {
    gateway: String,
    payment: String,
    /// What is said to have happened: `paid`, `refunded`, `disputed` and the like.
    what: &'static str,
    #[schema(required)]
    money: Option<MoneyDocument>,
    reason: StrayReason,
    heard_at: Timestamp,
}

/// Why nothing was credited.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StrayReason {
    /// No order of ours is named, or has this payment: perhaps it is another shop's on the same account.
    UnknownOrder,
    /// The payment is for another order.
    OtherOrder,
    /// The order that is named is paid another way.
    OtherGateway,
}

impl From<Heard> for StrayMessage {
    fn from(heard: Heard) -> Self {
        let (what, money) = said(&heard.fact.what);
        let reason = match heard.outcome {
            Outcome::OtherOrder => StrayReason::OtherOrder,
            Outcome::OtherGateway => StrayReason::OtherGateway,
            Outcome::UnknownOrder | Outcome::Learned | Outcome::Known => StrayReason::UnknownOrder,
        };
        Self {
            gateway: heard.fact.gateway,
            payment: heard.fact.payment,
            what,
            money: money.map(MoneyDocument::from),
            reason,
            heard_at: heard.at,
        }
    }
}

fn said(what: &Happened) -> (&'static str, Option<Money>) {
    match what {
        Happened::Pending => ("pending", None),
        Happened::Paid { money } => ("paid", Some(*money)),
        Happened::Failed => ("failed", None),
        Happened::RefundedInAll { money } => ("refunded_in_all", Some(*money)),
        Happened::RefundAsked { money, .. } => ("refund_asked", Some(*money)),
        Happened::Refunded { money, .. } => ("refunded", Some(*money)),
        Happened::RefundFailed { .. } => ("refund_failed", None),
        Happened::Kept => ("kept", None),
        Happened::Disputed { money, .. } => ("disputed", Some(*money)),
        Happened::DisputeWon { .. } => ("dispute_won", None),
        Happened::RefundStuck { .. } => ("refund_stuck", None),
    }
}

/// What gateways said that is about no order, the newest first, at most a hundred. For owners and admins of the workspace
/// that the server was set up with.
#[utoipa::path(get, path = "/payments/strays", tag = "payments", responses((status = 200, body = StrayMessages), (status = "default", response = Problem)))]
async fn get_strays(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<StrayMessages>, Failure> {
    let strays = state.app.stray_messages(&actor).await?;
    Ok(Json(StrayMessages::new(strays)))
}
