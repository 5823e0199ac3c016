//! What events and objects of Stripe say.

use std::collections::BTreeMap;

use money::payment::{Fact, Happened};
use ports::CallbackError;
use serde::Deserialize;
use serde_json::value::RawValue;
use stdx::OrderId;

use super::{STRIPE, currency};
use crate::names::refund_name;

/// A message to the webhook (<https://docs.stripe.com/api/events/object>).
#[derive(Debug, Deserialize)]
struct Event<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Debug, Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
}

/// A visit to the payment page (<https://docs.stripe.com/api/checkout/sessions/object>).
#[derive(Debug, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    mode: String,
    payment_status: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    client_reference_id: Option<String>,
    #[serde(default)]
    amount_total: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    pub(super) payment_intent: Option<Intent>,
}

/// An object that is named, or given whole where that was asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Intent {
    Id(String),
    Whole {
        id: String,
        #[serde(default)]
        latest_charge: Option<Box<LatestCharge>>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum LatestCharge {
    Id(#[expect(dead_code, reason = "a charge that was not asked for says nothing")] String),
    Whole(Charge),
}

impl Intent {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Whole { id, .. } => id,
        }
    }

    pub(super) fn charge(&self) -> Option<&Charge> {
        match self {
            Self::Whole { latest_charge: Some(charge), .. } => match &**charge {
                LatestCharge::Whole(charge) => Some(charge),
                LatestCharge::Id(_) => None,
            },
            _ => None,
        }
    }
}

/// Money that was taken (<https://docs.stripe.com/api/charges/object>).
#[derive(Debug, Deserialize)]
pub(super) struct Charge {
    id: String,
    #[serde(default)]
    payment_intent: Option<String>,
    #[serde(default)]
    amount_refunded: i64,
    currency: String,
    #[serde(default)]
    metadata: Metadata,
}

/// Money that goes back (<https://docs.stripe.com/api/refunds/object>).
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    payment_intent: Option<String>,
    #[serde(default)]
    charge: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

/// Money that a payer's bank takes back (<https://docs.stripe.com/api/disputes/object>).
#[derive(Debug, Deserialize)]
struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    payment_intent: Option<String>,
    charge: String,
}

/// Words that were put on an object. An empty set may come as an empty list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Metadata {
    Words(BTreeMap<String, String>),
    #[expect(dead_code, reason = "whatever else stands there has no words of ours")]
    Other(serde_json::Value),
}

impl Default for Metadata {
    fn default() -> Self {
        Self::Words(BTreeMap::new())
    }
}

impl Metadata {
    fn get(&self, name: &str) -> Option<&str> {
        match self {
            Self::Words(words) => words.get(name).map(String::as_str),
            Self::Other(_) => None,
        }
    }

    fn order(&self) -> Option<OrderId> {
        self.get("order")?.parse().ok()
    }
}

/// The facts of a message whose signature is known to be right.
pub(super) fn facts(body: &[u8], live: bool) -> Result<Vec<Fact>, CallbackError> {
    let event: Event<'_> = read(body)?;
    if event.livemode != live {
        let mode = if event.livemode { "live" } else { "test" };
        return Err(CallbackError::NotOurs(format!("it is of {mode} mode and the account's key is not")));
    }
    let object = event.data.object.get().as_bytes();
    let found = match event.kind.as_str() {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => {
            let session: Session = read(object)?;
            session_facts(&session, event.kind == "checkout.session.async_payment_failed")
        }
        "charge.refunded" => charge_fact(&read::<Charge>(object)?).map(|fact| fact.into_iter().collect()),
        "charge.refund.updated" | "refund.created" | "refund.updated" | "refund.failed" => {
            refund_fact(&read::<Refund>(object)?).map(|fact| fact.into_iter().collect())
        }
        "charge.dispute.funds_withdrawn" | "charge.dispute.funds_reinstated" => {
            let is_back = event.kind.ends_with("reinstated");
            dispute_fact(&read::<Dispute>(object)?, is_back).map(|fact| vec![fact])
        }
        _ => Ok(Vec::new()),
    };
    let mut found = found.map_err(CallbackError::Malformed)?;
    for fact in &mut found {
        fact.event.clone_from(&event.id);
    }
    Ok(found)
}

/// What a session says. One that does not name an order of ours belongs to another shop on the same account.
pub(super) fn session_facts(session: &Session, failed: bool) -> Result<Vec<Fact>, String> {
    let order = session.client_reference_id.as_deref().and_then(|id| id.parse::<OrderId>().ok());
    let Some(order) = order.filter(|_| session.mode == "payment") else { return Ok(Vec::new()) };
    let what = match (session.payment_status.as_str(), session.status.as_deref()) {
        ("paid", _) => {
            let (amount, name) = (session.amount_total, session.currency.as_deref());
            let money = amount.zip(name).and_then(|(coins, name)| currency::money(coins, name));
            Happened::Paid { money: money.ok_or("the session says `paid` without an amount")? }
        }
        (_, Some("expired")) => Happened::Failed,
        _ if failed => Happened::Failed,
        ("unpaid", Some("complete")) => Happened::Pending,
        _ => return Ok(Vec::new()),
    };
    let payment = session.payment_intent.as_ref().map_or(session.id.as_str(), Intent::id);
    Ok(vec![fact(payment, Some(order), what)])
}

/// What a charge says about refunds, all together.
pub(super) fn charge_fact(charge: &Charge) -> Result<Option<Fact>, String> {
    if charge.amount_refunded == 0 {
        return Ok(None);
    }
    let money = currency::money(charge.amount_refunded, &charge.currency);
    let what = Happened::RefundedInAll { money: money.ok_or("the charge has no amount that can be told")? };
    let payment = charge.payment_intent.as_deref().unwrap_or(&charge.id);
    Ok(Some(fact(payment, charge.metadata.order(), what)))
}

/// What a single refund says; nothing while it is on its way.
pub(super) fn refund_fact(refund: &Refund) -> Result<Option<Fact>, String> {
    let name = refund.metadata.get("refund").map_or_else(|| refund.id.clone(), refund_name);
    let what = match refund.status.as_deref() {
        Some("succeeded") => {
            let money = currency::money(refund.amount, &refund.currency);
            Happened::Refunded {
                refund: name,
                money: money.ok_or("the refund has no amount that can be told")?,
            }
        }
        Some("failed" | "canceled") => Happened::RefundFailed { refund: name },
        Some("requires_action") => Happened::RefundStuck { refund: name },
        _ => return Ok(None),
    };
    let payment = refund.payment_intent.as_deref().or(refund.charge.as_deref());
    let payment = payment.ok_or("the refund does not say of which payment")?;
    Ok(Some(fact(payment, refund.metadata.order(), what)))
}

/// What a dispute says: its money is gone, or came back.
fn dispute_fact(dispute: &Dispute, is_back: bool) -> Result<Fact, String> {
    let name = dispute.id.clone();
    let what = if is_back {
        Happened::DisputeWon { dispute: name }
    } else {
        let money = currency::money(dispute.amount, &dispute.currency);
        Happened::Disputed {
            dispute: name,
            money: money.ok_or("the dispute has no amount that can be told")?,
        }
    };
    let payment = dispute.payment_intent.as_deref().unwrap_or(&dispute.charge);
    Ok(fact(payment, None, what))
}

/// A fact that is named after what it says; one from the webhook gets the event's name instead.
fn fact(payment: &str, order: Option<OrderId>, what: Happened) -> Fact {
    let event = crate::names::asked(payment, &what);
    Fact { gateway: STRIPE.to_owned(), event, payment: payment.to_owned(), order, what }
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, CallbackError> {
    serde_json::from_slice(bytes).map_err(|error| CallbackError::Malformed(error.to_string()))
}
