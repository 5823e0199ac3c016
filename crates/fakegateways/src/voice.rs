//! What every gateway can say, whatever its words for it.

use std::sync::Arc;
use std::time::Duration;

use money::Money;
use serde_json::json;
use stdx::{Secret, Timestamp};

use crate::{Message, alipay, keys, now, serve, stripe, wechat};

/// How a gateway says things.
#[derive(Debug)]
pub struct Voice {
    /// The name of its driver.
    pub name: &'static str,
    /// `[payments]` with it alone, at an address.
    pub config: fn(api: &str) -> String,
    /// The order was paid with this payment.
    pub paid: fn(payment: &str, money: Money, at: Timestamp) -> Message,
    /// So many hundredths were given back of a payment by now.
    pub refunded: fn(payment: &str, cents: i64, at: Timestamp) -> Message,
    /// Somebody else says that it is paid.
    pub forged: fn() -> Message,
    /// What to change in a body to pay less.
    pub tamper: (&'static str, &'static str),
    /// After how long a message is not believed any more.
    pub limit: Duration,
    /// What it reads when its message was kept.
    pub acknowledged: &'static str,
    /// What it reads when its message was not.
    pub refused: &'static str,
}

/// All gateways that call back.
pub fn voices() -> [Voice; 3] {
    [stripe_voice(), wechat_voice(), alipay_voice()]
}

fn stripe_voice() -> Voice {
    Voice {
        name: "stripe",
        config: stripe::config,
        paid: |payment, money, at| {
            let currency = money.currency.to_string().to_lowercase();
            let change =
                json!({"payment_intent": payment, "amount_total": cents(money), "currency": currency});
            stripe::session_event("completed", &change, at)
        },
        refunded: stripe::refunded_event,
        forged: || {
            let said = stripe::session_event("completed", &json!({}), now());
            stripe::signed(&Secret::new("whsec_of_somebody_else".to_owned()), said.body, now())
        },
        tamper: ("8880", "8881"),
        limit: Duration::from_secs(300),
        acknowledged: r#"{"received":true}"#,
        refused: r#"{"received":false}"#,
    }
}

fn wechat_voice() -> Voice {
    Voice {
        name: "wechat",
        config: wechat::config,
        paid: |payment, money, at| {
            let content = wechat::transaction(payment, cents(money), &money.currency.to_string());
            wechat::notification("TRANSACTION.SUCCESS", &content, at)
        },
        refunded: |payment, cents, at| {
            let content = wechat::refund(payment, &format!("by-hand-{cents}"), cents, "SUCCESS");
            wechat::notification("REFUND.SUCCESS", &content, at)
        },
        forged: || {
            let content = wechat::transaction("p1", 8_880, "CNY");
            let key = keys::signing(keys::OTHER);
            wechat::sealed_with(wechat::API_V3_KEY, &key, "TRANSACTION.SUCCESS", &content, now())
        },
        tamper: ("TRANSACTION.SUCCESS", "TRANSACTION.success"),
        limit: Duration::from_secs(300),
        acknowledged: r#"{"code":"SUCCESS"}"#,
        refused: r#"{"code":"FAIL","message":"FAIL"}"#,
    }
}

fn alipay_voice() -> Voice {
    Voice {
        name: "alipay",
        config: |api| alipay::config(api, "qr"),
        paid: |payment, money, at| {
            let total = format!("{}.{:02}", cents(money) / 100, cents(money) % 100);
            let currency = money.currency.to_string();
            let change = [("notify_time", local(at)), ("trans_currency", currency)];
            let change = change.each_ref().map(|(name, value)| (*name, value.as_str()));
            alipay::notification(&alipay::with(alipay::payment(payment, &total), &change))
        },
        refunded: |payment, cents, at| {
            let sum = format!("{}.{:02}", cents / 100, cents % 100);
            let time = local(at);
            let change = [("refund_fee", sum.as_str()), ("notify_time", &time), ("notify_id", &sum)];
            alipay::notification(&alipay::with(alipay::payment(payment, "88.80"), &change))
        },
        forged: || alipay::signed_with(keys::OTHER, &alipay::payment("p1", "88.80")),
        tamper: ("88.80", "88.81"),
        limit: Duration::from_secs(26 * 3_600),
        acknowledged: "success",
        refused: "failure",
    }
}

impl Voice {
    /// Its gateway behind an address of this machine, where nobody pays unless a webhook says so.
    pub async fn served(&self) -> String {
        match self.name {
            "stripe" => serve(Arc::<stripe::FakeStripe>::default()).await,
            "wechat" => serve(Arc::<wechat::FakeWechat>::default()).await,
            _ => serve(Arc::<alipay::FakeAlipay>::default()).await,
        }
    }
}

fn cents(money: Money) -> i64 {
    money.amount.micros() / 10_000
}

fn local(at: Timestamp) -> String {
    let zone = jiff::tz::Offset::constant(8);
    zone.to_datetime(at.into()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
