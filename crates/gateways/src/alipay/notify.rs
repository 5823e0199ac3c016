//! What notifications and answers of Alipay say.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use money::payment::{Fact, Happened};
use money::{Amount, Currency, Money};
use ports::CallbackError;
use stdx::{OrderId, Timestamp};

use super::signature::content_of_notification;
use super::{ALIPAY, AlipayAccount};
use crate::names::asked;
use crate::window::TOLERANCE;

/// What is meant where no currency stands.
const YUAN: &str = "CNY";

/// Alipay's clock.
pub(super) const ZONE: Offset = Offset::constant(8);

/// How its times are written.
pub(super) const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// A notification is repeated for 25 hours, and the documents do not say that a repetition has a time of its own.
const OLDEST: Duration = Duration::from_secs(26 * 60 * 60);

/// How it stands with a payment, from a notification or an answer.
#[derive(Debug, Default)]
pub(super) struct Trade<'a> {
    /// Alipay's number of it.
    pub(super) number: &'a str,
    /// Our order.
    pub(super) order: &'a str,
    /// A word for its state.
    pub(super) status: &'a str,
    /// The order's amount.
    pub(super) total: &'a str,
    /// The currency, where it is not yuan.
    pub(super) currency: Option<&'a str>,
    /// When it was paid, if it was.
    pub(super) paid_at: Option<&'a str>,
    /// All that was given back.
    pub(super) refunded: Option<&'a str>,
}

/// The facts of a notification, a form, if its signature is right and it is meant for this account.
pub(super) fn facts(
    body: &[u8],
    now: Timestamp,
    account: &AlipayAccount,
) -> Result<Vec<Fact>, CallbackError> {
    let parameters = read(body)?;
    let get = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let signature = get("sign").ok_or(CallbackError::Unsigned("no sign"))?;
    // The older RSA is with SHA-1; who may choose chooses that.
    if get("sign_type") != Some("RSA2") {
        return Err(CallbackError::Unsigned("sign_type is not RSA2"));
    }
    let content = content_of_notification(&parameters);
    if !account.alipay_key.verify(content.as_bytes(), signature) {
        return Err(CallbackError::Forged);
    }
    for (name, ours) in [("app_id", &account.app_id), ("seller_id", &account.seller_id)] {
        if get(name) != Some(ours.as_str()) {
            return Err(CallbackError::NotOurs(format!("another {name}")));
        }
    }
    in_time(get("notify_time"), now)?;
    if get("notify_type") != Some("trade_status_sync") {
        return Ok(Vec::new());
    }
    let trade = Trade {
        number: get("trade_no").unwrap_or_default(),
        order: get("out_trade_no").unwrap_or_default(),
        status: get("trade_status").unwrap_or_default(),
        total: get("total_amount").unwrap_or_default(),
        currency: get("trans_currency"),
        paid_at: get("gmt_payment"),
        refunded: get("refund_fee"),
    };
    let event = get("notify_id").ok_or_else(|| CallbackError::Malformed("no notify_id".to_owned()))?;
    let facts = trade.facts().map_err(CallbackError::Malformed)?;
    Ok(facts.into_iter().map(|fact| Fact { event: event.to_owned(), ..fact }).collect())
}

impl Trade<'_> {
    /// What it says; nothing about orders of other shops of the seller, and nothing before anything happened.
    pub(super) fn facts(&self) -> Result<Vec<Fact>, String> {
        let Ok(order) = self.order.parse::<OrderId>() else { return Ok(Vec::new()) };
        if self.number.is_empty() {
            return Err("a payment without a number".to_owned());
        }
        let refunded = self.refunded.map(|text| self.money(text)).transpose()?;
        let refunded = refunded.filter(|money| money.amount != Amount::ZERO);
        let mut all = Vec::new();
        match self.status {
            "TRADE_SUCCESS" | "TRADE_FINISHED" => {
                all.push(Happened::Paid { money: self.money(self.total)? });
                all.extend(refunded.map(|money| Happened::RefundedInAll { money }));
            }
            "TRADE_CLOSED" if self.paid_at.is_some() => {
                let total = self.money(self.total)?;
                all.push(Happened::Paid { money: total });
                all.push(Happened::RefundedInAll { money: refunded.unwrap_or(total) });
            }
            "TRADE_CLOSED" => {
                all.push(Happened::Failed);
                all.extend(refunded.map(|money| Happened::RefundedInAll { money }));
            }
            _ => {}
        }
        Ok(all.into_iter().map(|what| fact(self.number, order, what)).collect())
    }

    fn money(&self, text: &str) -> Result<Money, String> {
        let currency = self.currency.unwrap_or(YUAN).parse::<Currency>();
        money(text, currency.map_err(|error| error.to_string())?)
    }
}

/// An amount of yuan.
pub(super) fn yuan(text: &str) -> Result<Money, String> {
    money(text, YUAN.parse::<Currency>().map_err(|error| error.to_string())?)
}

/// A fact that is named after what it says; one from a notification gets the notification's name instead.
pub(super) fn fact(payment: &str, order: OrderId, what: Happened) -> Fact {
    let event = asked(payment, &what);
    Fact { gateway: ALIPAY.to_owned(), event, payment: payment.to_owned(), order: Some(order), what }
}

fn money(text: &str, currency: Currency) -> Result<Money, String> {
    let amount: Amount = text.parse().map_err(|error| format!("{error}"))?;
    Ok(amount.of(currency))
}

/// The form, percent-decoded. A name that is there twice has no meaning that all would agree on.
fn read(body: &[u8]) -> Result<BTreeMap<String, String>, CallbackError> {
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(CallbackError::Malformed("a parameter is there twice".to_owned()));
        }
    }
    Ok(parameters)
}

fn in_time(sent: Option<&str>, now: Timestamp) -> Result<(), CallbackError> {
    let sent = sent.and_then(|text| DateTime::strptime(TIME, text).ok());
    let sent = sent.and_then(|time| ZONE.to_timestamp(time).ok()).map(Timestamp::from);
    let sent = sent.ok_or_else(|| CallbackError::Malformed("notify_time is not a time".to_owned()))?;
    let (old, early) = (now.since(sent), sent.since(now));
    if old > OLDEST {
        Err(CallbackError::Stale(old.as_secs()))
    } else if early > Duration::from_secs(TOLERANCE) {
        Err(CallbackError::Stale(early.as_secs()))
    } else {
        Ok(())
    }
}
