//! `GET /me/wallet`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stdx::{RunId, Timestamp};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::money::MoneyDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_wallet))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WalletQuery {
    /// The `next` of the page before.
    pub(crate) before: Option<String>,
    /// At most 200; 50 when absent.
    pub(crate) limit: Option<u32>,
}

/// What is in a wallet, and a page of what changed it. All movements add up to the balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Wallet)]
pub(crate) struct WalletDocument {
    balance: MoneyDocument,
    /// The latest first.
    movements: Vec<MovementDocument>,
    /// For `before`; null on the last page.
    #[schema(required)]
    next: Option<String>,
}

/// Something that changed a wallet. A run is one movement: what it can cost while it goes on, what it did cost after.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WalletMovement)]
struct MovementDocument {
    /// When; for a run, when it began.
    at: Timestamp,
    reason: MovementReason,
    amount: MoneyDocument,
    /// The plan that was bought or given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// What whoever paid in or out wrote beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// The agent that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    /// The model that it was answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
}

/// Why money moved.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MovementReason {
    /// A member paid in.
    TopUp,
    /// A member was paid out.
    Payout,
    /// A voucher was redeemed.
    Voucher,
    /// A plan gave its allowance.
    Grant,
    /// What was left of an allowance.
    Lapse,
    /// A plan was bought.
    Purchase,
    /// Something bought or used was given back.
    Refund,
    /// A mistake was put right.
    Correction,
    /// A provider was paid.
    ProviderPayment,
    /// A provider's bill differed by less than a unit.
    Rounding,
    /// What a run can cost is set aside.
    Hold,
    /// More was set aside.
    Extension,
    /// A run was charged.
    Settlement,
    /// A run was not charged.
    Release,
    /// A run was charged after its time was over.
    Expiry,
    /// What a run costs at the provider.
    Cost,
}

/// The wallet of who is signed in.
#[utoipa::path(get, path = "/me/wallet", tag = "me", params(WalletQuery), responses((status = 200, body = WalletDocument), (status = "default", response = Problem)))]
async fn get_wallet(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<WalletQuery>,
) -> Result<Json<WalletDocument>, Failure> {
    Ok(Json(state.app.wallet(&actor, query.before.as_deref(), query.limit).await?.into()))
}

impl From<app::WalletPage> for WalletDocument {
    fn from(page: app::WalletPage) -> Self {
        let currency = page.balance.currency;
        let movement = |movement: app::Movement| {
            let (run_id, agent_id, model) = match movement.run {
                Some(run) => (Some(run.id), run.agent, Some(run.model)),
                None => (None, None, None),
            };
            MovementDocument {
                at: movement.at,
                reason: movement.reason.into(),
                amount: movement.amount.of(currency).into(),
                plan: movement.plan,
                note: movement.note,
                run_id,
                agent_id,
                model,
            }
        };
        let movements = page.movements.into_iter().map(movement).collect();
        Self { balance: page.balance.into(), movements, next: page.next }
    }
}

impl From<ledger::Reason> for MovementReason {
    fn from(reason: ledger::Reason) -> Self {
        use ledger::Reason;
        match reason {
            Reason::TopUp => Self::TopUp,
            Reason::Payout => Self::Payout,
            Reason::Voucher => Self::Voucher,
            Reason::Grant => Self::Grant,
            Reason::Lapse => Self::Lapse,
            Reason::Purchase => Self::Purchase,
            Reason::Refund => Self::Refund,
            Reason::Correction => Self::Correction,
            Reason::ProviderPayment => Self::ProviderPayment,
            Reason::Rounding => Self::Rounding,
            Reason::Hold => Self::Hold,
            Reason::Extension => Self::Extension,
            Reason::Settlement => Self::Settlement,
            Reason::Release => Self::Release,
            Reason::Expiry => Self::Expiry,
            Reason::Cost => Self::Cost,
        }
    }
}
