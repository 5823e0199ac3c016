//! What notifications and answers of WeChat Pay say.

use money::payment::{Fact, Happened};
use money::{Currency, Money};
use ports::CallbackError;
use serde::Deserialize;
use stdx::OrderId;

use super::seal::Sealed;
use super::{WECHAT, WechatAccount};
use crate::minor::from_minor;
use crate::names::{asked, refund_name};

/// What is meant where no currency stands.
const YUAN: &str = "CNY";

/// A notification.
#[derive(Debug, Deserialize)]
struct Notification {
    id: String,
    event_type: String,
    resource: Sealed,
}

/// A payment, in notifications and answers.
#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    #[serde(default)]
    appid: Option<String>,
    mchid: String,
    out_trade_no: String,
    #[serde(default)]
    transaction_id: Option<String>,
    trade_state: String,
    #[serde(default)]
    amount: Option<Total>,
}

#[derive(Debug, Deserialize)]
struct Total {
    total: i64,
    #[serde(default)]
    currency: Option<String>,
}

/// A refund, in notifications (where its state is `refund_status`) and answers (`status`).
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    #[serde(default)]
    mchid: Option<String>,
    #[serde(default)]
    out_trade_no: Option<String>,
    transaction_id: String,
    out_refund_no: String,
    #[serde(alias = "refund_status")]
    status: String,
    amount: Back,
}

#[derive(Debug, Deserialize)]
struct Back {
    refund: i64,
    #[serde(default)]
    currency: Option<String>,
}

/// The facts of a notification whose signature is known to be right.
pub(super) fn facts(body: &[u8], account: &WechatAccount) -> Result<Vec<Fact>, CallbackError> {
    let malformed = |error: serde_json::Error| CallbackError::Malformed(error.to_string());
    let notification: Notification = serde_json::from_slice(body).map_err(malformed)?;
    let kind = notification.event_type.as_str();
    if !kind.starts_with("TRANSACTION.") && !kind.starts_with("REFUND.") {
        return Ok(Vec::new());
    }
    let plain = account.api_v3_key.open(&notification.resource);
    let plain = plain.ok_or_else(|| CallbackError::Malformed("it is sealed with another key".to_owned()))?;
    let found = if kind.starts_with("REFUND.") {
        let refund: Refund = serde_json::from_slice(&plain).map_err(malformed)?;
        refund.check(account)?;
        refund.fact()
    } else {
        let transaction: Transaction = serde_json::from_slice(&plain).map_err(malformed)?;
        transaction.check(account)?;
        transaction.fact()
    };
    let found = found.map_err(CallbackError::Malformed)?;
    Ok(found.map(|fact| Fact { event: notification.id, ..fact }).into_iter().collect())
}

impl Transaction {
    /// That it is this merchant's.
    pub(super) fn check(&self, account: &WechatAccount) -> Result<(), CallbackError> {
        ours(&self.mchid, &account.merchant_id)?;
        self.appid.as_deref().map_or(Ok(()), |id| ours(id, &account.app_id))
    }

    /// What it says; nothing about orders of other shops of the merchant, and nothing before anything happened.
    pub(super) fn fact(&self) -> Result<Option<Fact>, String> {
        let Ok(order) = self.out_trade_no.parse::<OrderId>() else { return Ok(None) };
        let what = match self.trade_state.as_str() {
            // Whatever was given back since is told refund by refund.
            "SUCCESS" | "REFUND" => {
                let amount = self.amount.as_ref().ok_or("a payment without an amount")?;
                Happened::Paid { money: money(amount.total, amount.currency.as_deref())? }
            }
            "CLOSED" | "REVOKED" | "PAYERROR" => Happened::Failed,
            "USERPAYING" => Happened::Pending,
            _ => return Ok(None),
        };
        let payment = match (&self.transaction_id, &what) {
            (Some(id), _) => id.as_str(),
            (None, Happened::Paid { .. }) => return Err("a payment without a number".to_owned()),
            (None, _) => self.out_trade_no.as_str(),
        };
        Ok(Some(fact(payment, Some(order), what)))
    }
}

impl Refund {
    /// That it is this merchant's. Answers to our own requests do not say so.
    fn check(&self, account: &WechatAccount) -> Result<(), CallbackError> {
        self.mchid.as_deref().map_or(Ok(()), |id| ours(id, &account.merchant_id))
    }

    /// What it says; nothing while it is on its way. Notifications name no currency: there is one only.
    pub(super) fn fact(&self) -> Result<Option<Fact>, String> {
        let refund = refund_name(&self.out_refund_no);
        let what = match self.status.as_str() {
            "SUCCESS" => {
                let money = money(self.amount.refund, self.amount.currency.as_deref())?;
                Happened::Refunded { refund, money }
            }
            "CLOSED" => Happened::RefundFailed { refund },
            "ABNORMAL" => Happened::RefundStuck { refund },
            _ => return Ok(None),
        };
        let order = self.out_trade_no.as_deref().and_then(|id| id.parse().ok());
        Ok(Some(fact(&self.transaction_id, order, what)))
    }
}

fn ours(found: &str, expected: &str) -> Result<(), CallbackError> {
    if found == expected { Ok(()) } else { Err(CallbackError::NotOurs(found.to_owned())) }
}

fn money(fen: i64, currency: Option<&str>) -> Result<Money, String> {
    let currency: Currency = currency.unwrap_or(YUAN).parse().map_err(|error| format!("{error}"))?;
    Ok(from_minor(fen, 2).ok_or("an amount that does not fit")?.of(currency))
}

fn fact(payment: &str, order: Option<OrderId>, what: Happened) -> Fact {
    let event = asked(payment, &what);
    Fact { gateway: WECHAT.to_owned(), event, payment: payment.to_owned(), order, what }
}
