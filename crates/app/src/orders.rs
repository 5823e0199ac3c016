//! Orders: what members buy through payment gateways, and what they are credited for it.
//!
//! What an order is worth, `payments::Order` decides; what a gateway can do, a `ports::PaymentDriver` does. Here is what
//! lies between: facts that come from a callback, from an answer or from a person are learned by their order in one
//! batch with the ledger's commands (`learn.rs`) and the plan that begins or ends with them (`plan.rs`), and gateways are asked about what nobody called back for (`ask.rs`).

mod ask;
mod credit;
mod kept;
mod learn;
mod plan;

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use gateways::MANUAL;
use ledger::Account;
use money::{Amount, MoneyError};
use payments::{Flag, Order, Status};
use ports::{PaymentError, PortErrorKind};
use stdx::Timestamp;
use store::orders::Standing;

pub use credit::CreditStray;
pub use kept::OrderState;
pub(crate) use kept::{to_json, word};
pub(crate) use learn::{Source, is_overtaken};

use crate::{App, AppError};

/// How long a payment may take: what all gateways allow.
pub(crate) const TIME_TO_PAY: Duration = Duration::from_secs(2 * 3_600);
/// How long after that a gateway is still asked: callbacks get lost, and pages stay open.
const GRACE: Duration = Duration::from_secs(24 * 3_600);
/// How long money may be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The shortest and the longest time between two questions of the job.
pub(crate) const ASK_SOON: Duration = Duration::from_secs(60);
const ASK_LATE: Duration = Duration::from_secs(6 * 3_600);

/// An order, and what follows from what was heard of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderInfo {
    /// The order as it is kept.
    pub state: OrderState,
    /// How it stands.
    pub status: Status,
    /// What a person has to look at.
    pub flags: BTreeSet<Flag>,
}

impl OrderInfo {
    pub(crate) fn new(state: OrderState) -> Result<Self, AppError> {
        let status = state.order.status().map_err(AppError::internal)?;
        let flags = state.order.flags().map_err(AppError::internal)?;
        Ok(Self { state, status, flags })
    }
}

impl App {
    /// What the wallet of an order's member can give.
    pub(crate) async fn spendable(&self, state: &OrderState) -> Result<Amount, AppError> {
        let wallet = Account::Wallet(state.order.member);
        let currency = state.order.price.currency;
        Ok(store::ledger::spendable(&self.db, state.workspace_id, wallet, currency).await?)
    }
}

/// What is kept beside an order for lists. `wait` is how long until its gateway is asked.
pub(crate) fn standing(
    state: &OrderState,
    order: &Order,
    now: Timestamp,
    wait: Duration,
) -> Result<Standing, MoneyError> {
    let status = order.status()?;
    let waits_for_a_person = order.gateway == MANUAL && status == Status::Open;
    let look = waits_for_a_person || order.flags()?.iter().any(|flag| !state.seen.contains(flag));
    Ok(Standing { status: word(status), look, ask_at: next_question(state, order, status, (now, wait)) })
}

/// When a gateway is to be asked about an order; never, when it has nothing to say any more.
fn next_question(
    state: &OrderState,
    order: &Order,
    status: Status,
    (now, wait): (Timestamp, Duration),
) -> Option<Timestamp> {
    let until = match status {
        _ if order.gateway == MANUAL => return None,
        _ if !order.open_refunds().is_empty() => return Some(now.plus(wait)),
        Status::Open | Status::Closed => state.expires_at.plus(GRACE),
        Status::Pending => order.placed_at.plus(ON_ITS_WAY),
        Status::Paid | Status::PartlyRefunded | Status::Refunded => return None,
    };
    (now < until).then(|| now.plus(wait).min(until))
}

/// The older an order, the longer between two questions about it.
fn patience(order: &Order, now: Timestamp) -> Duration {
    (now.since(order.placed_at) / 4).clamp(ASK_SOON, ASK_LATE)
}

/// So long before an instant.
pub(crate) fn before(now: Timestamp, span: Duration) -> Timestamp {
    let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_sub(micros))
}

/// What a gateway answers within a time. Nobody knows what it did when it does not.
pub(crate) async fn in_time<T>(
    most: Duration,
    answer: impl Future<Output = Result<T, PaymentError>>,
) -> Result<T, PaymentError> {
    let late = || PaymentError::new(PortErrorKind::Retry, "the gateway did not answer in time");
    tokio::time::timeout(most, answer).await.unwrap_or_else(|_| Err(late()))
}
