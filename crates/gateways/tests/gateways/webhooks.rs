//! The same table for every gateway: whatever comes to the webhook, an order is credited exactly once or not at all.

use std::sync::Arc;
use std::time::Duration;

use money::Money;
use payments::{Flag, Status};
use ports::{CallbackError, PaymentDriver};
use serde_json::json;
use stdx::{MockClock, Secret, Timestamp};

use crate::house::{House, Message, money, now};
use crate::{alipay, alipay_fake, stripe, stripe_fake, wechat, wechat_fake};

/// How a gateway says things.
struct Voice {
    driver: Arc<dyn PaymentDriver>,
    paid: fn(payment: &str, money: Money, at: Timestamp) -> Message,
    refunded: fn(payment: &str, cents: i64, at: Timestamp) -> Message,
    /// Somebody else says that it is paid.
    forged: fn() -> Message,
    /// What to change in a body to pay less.
    tamper: (&'static str, &'static str),
    /// After how long a message is not believed any more.
    limit: Duration,
}

fn cents(money: Money) -> i64 {
    money.amount.micros() / 10_000
}

fn voices() -> [Voice; 3] {
    [stripe_voice(), wechat_voice(), alipay_voice()]
}

fn stripe_voice() -> Voice {
    Voice {
        driver: stripe::driver(""),
        paid: |payment, money, at| {
            let currency = money.currency.to_string().to_lowercase();
            let change =
                json!({"payment_intent": payment, "amount_total": cents(money), "currency": currency});
            stripe_fake::session_event("completed", &change, at)
        },
        refunded: stripe_fake::refunded_event,
        forged: || {
            let said = stripe_fake::session_event("completed", &json!({}), now());
            stripe_fake::signed(&Secret::new("whsec_of_somebody_else".to_owned()), said.body, now())
        },
        tamper: ("8880", "8881"),
        limit: Duration::from_secs(300),
    }
}

fn wechat_voice() -> Voice {
    Voice {
        driver: wechat::driver(""),
        paid: |payment, money, at| {
            let content = wechat_fake::transaction(payment, cents(money), &money.currency.to_string());
            wechat_fake::notification("TRANSACTION.SUCCESS", &content, at)
        },
        refunded: |payment, cents, at| {
            let content = wechat_fake::refund(payment, &format!("by-hand-{cents}"), cents, "SUCCESS");
            wechat_fake::notification("REFUND.SUCCESS", &content, at)
        },
        forged: || {
            let content = wechat_fake::transaction("p1", 8_880, "CNY");
            let key = crate::keys::signing(crate::keys::OTHER);
            wechat_fake::sealed_with(wechat_fake::API_V3_KEY, &key, "TRANSACTION.SUCCESS", &content, now())
        },
        tamper: ("TRANSACTION.SUCCESS", "TRANSACTION.success"),
        limit: Duration::from_secs(300),
    }
}

fn alipay_voice() -> Voice {
    Voice {
        driver: alipay::driver(""),
        paid: |payment, money, at| {
            let total = format!("{}.{:02}", cents(money) / 100, cents(money) % 100);
            let currency = money.currency.to_string();
            let change = [("notify_time", local(at)), ("trans_currency", currency)];
            let change = change.each_ref().map(|(name, value)| (*name, value.as_str()));
            alipay_fake::notification(&alipay_fake::with(alipay_fake::payment(payment, &total), &change))
        },
        refunded: |payment, cents, at| {
            let sum = format!("{}.{:02}", cents / 100, cents % 100);
            let time = local(at);
            let change = [("refund_fee", sum.as_str()), ("notify_time", &time), ("notify_id", &sum)];
            alipay_fake::notification(&alipay_fake::with(alipay_fake::payment(payment, "88.80"), &change))
        },
        forged: || alipay_fake::signed_with(crate::keys::OTHER, &alipay_fake::payment("p1", "88.80")),
        tamper: ("88.80", "88.81"),
        limit: Duration::from_secs(26 * 3_600),
    }
}

fn local(at: Timestamp) -> String {
    let zone = jiff::tz::Offset::constant(8);
    zone.to_datetime(at.into()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

impl Voice {
    fn name(&self) -> &'static str {
        self.driver.name()
    }

    fn house(&self) -> House {
        House::new(&self.driver, &MockClock::at(now()))
    }

    fn pays(&self, payment: &str, text: &str, currency: &str) -> Message {
        (self.paid)(payment, money(text, currency), now())
    }
}

#[test]
fn a_payment_is_credited_once() {
    for voice in voices() {
        let mut house = voice.house();
        house.receives(&voice.pays("p1", "88.80", "CNY")).unwrap();
        assert_eq!(
            (house.wallet(), house.status()),
            (house.order.price.amount, Status::Paid),
            "{}",
            voice.name()
        );
        assert_eq!((house.changes, house.flags.len()), (1, 0), "{}", voice.name());
    }
}

#[test]
fn a_forged_message_changes_nothing() {
    for voice in voices() {
        let mut house = voice.house();
        assert_eq!(house.receives(&(voice.forged)()), Err(CallbackError::Forged), "{}", voice.name());
        let (from, to) = voice.tamper;
        let tampered = voice.pays("p1", "88.80", "CNY").tampered(from, to);
        assert_eq!(house.receives(&tampered), Err(CallbackError::Forged), "{}", voice.name());
        let unsigned = Message { headers: vec![], body: b"{}".to_vec() };
        assert!(matches!(house.receives(&unsigned), Err(CallbackError::Unsigned(_))), "{}", voice.name());
        assert_eq!((house.changes, house.status()), (0, Status::Open), "{}", voice.name());
    }
}

#[test]
fn every_byte_of_a_body_counts() {
    for voice in voices() {
        let message = voice.pays("p1", "88.80", "CNY");
        for at in (0..message.body.len()).step_by(7) {
            let mut changed = message.clone();
            changed.body[at] ^= 1;
            let mut house = voice.house();
            assert!(house.receives(&changed).is_err(), "{} {at}", voice.name());
            assert_eq!(house.changes, 0);
        }
    }
}

#[test]
fn a_replayed_message_is_acknowledged_and_changes_nothing() {
    for voice in voices() {
        let mut house = voice.house();
        let message = voice.pays("p1", "88.80", "CNY");
        for _ in 0..5 {
            let facts = house.receives(&message).unwrap();
            assert_eq!(facts.len(), 1, "{}", voice.name());
        }
        assert_eq!(house.changes, 1, "{}", voice.name());
    }
}

#[test]
fn an_old_message_is_refused_though_it_is_signed() {
    for voice in voices() {
        let message = voice.pays("p1", "88.80", "CNY");
        for (more, is_read) in [(Duration::ZERO, true), (Duration::from_secs(1), false)] {
            let clock = MockClock::at(now());
            clock.advance(voice.limit + more);
            let mut house = House::new(&voice.driver, &clock);
            let verdict = house.receives(&message);
            assert_eq!(verdict.is_ok(), is_read, "{} {more:?}: {verdict:?}", voice.name());
            assert!(is_read || matches!(verdict, Err(CallbackError::Stale(_))), "{}", voice.name());
            assert_eq!(house.changes, u32::from(is_read), "{}", voice.name());
        }
    }
}

#[test]
fn out_of_order_ends_as_in_order() {
    for voice in voices() {
        let (paid, refunded) = (voice.pays("p1", "88.80", "CNY"), (voice.refunded)("p1", 880, now()));
        for messages in
            [[&paid, &refunded, &paid], [&refunded, &paid, &refunded], [&refunded, &refunded, &paid]]
        {
            let mut house = voice.house();
            for message in messages {
                house.receives(message).unwrap();
            }
            let expected = (money("80", "CNY").amount, Status::PartlyRefunded);
            assert_eq!((house.wallet(), house.status()), expected, "{}", voice.name());
        }
    }
}

#[test]
fn a_wrong_amount_is_credited_nothing() {
    for voice in voices() {
        for wrong in ["88.79", "88.81", "0.01", "8880.00"] {
            let mut house = voice.house();
            house.receives(&voice.pays("p1", wrong, "CNY")).unwrap();
            let flag = Flag::WrongAmount { payment: "p1".to_owned(), paid: money(wrong, "CNY") };
            assert_eq!((house.changes, &house.flags[..]), (0, &[flag][..]), "{} {wrong}", voice.name());
        }
    }
}

#[test]
fn a_wrong_currency_is_credited_nothing() {
    for voice in voices() {
        let mut house = voice.house();
        house.receives(&voice.pays("p1", "88.80", "HKD")).unwrap();
        let flag = Flag::WrongCurrency { payment: "p1".to_owned(), paid: money("88.80", "HKD") };
        assert_eq!((house.changes, &house.flags[..]), (0, &[flag][..]), "{}", voice.name());
    }
}

#[test]
fn a_second_payment_is_credited_nothing() {
    for voice in voices() {
        let mut house = voice.house();
        house.receives(&voice.pays("p1", "88.80", "CNY")).unwrap();
        house.receives(&voice.pays("p2", "88.80", "CNY")).unwrap();
        let flag = Flag::PaidTwice { extra: money("88.80", "CNY") };
        assert_eq!((house.changes, &house.flags[..]), (1, &[flag][..]), "{}", voice.name());
    }
}

#[test]
fn more_given_back_than_was_paid_takes_no_more_than_that() {
    for voice in voices() {
        let mut house = voice.house();
        house.receives(&voice.pays("p1", "88.80", "CNY")).unwrap();
        house.receives(&(voice.refunded)("p1", 10_000, now())).unwrap();
        let flag = Flag::RefundTooLarge { payment: "p1".to_owned(), refunded: money("100", "CNY") };
        assert_eq!((house.wallet().micros(), &house.flags[..]), (0, &[flag][..]), "{}", voice.name());
    }
}

#[test]
fn one_gateway_has_no_say_about_the_orders_of_another() {
    for voice in voices() {
        let mut house = voice.house();
        house.order.gateway = "manual".to_owned();
        house.receives(&voice.pays("p1", "88.80", "CNY")).unwrap();
        assert_eq!((house.changes, house.status()), (0, Status::Open), "{}", voice.name());
    }
}

#[test]
fn rubbish_never_panics_and_never_pays() {
    let samples: [&[u8]; 7] =
        [b"", b"{", b"null", b"[]", b"sign=&sign_type=RSA2", b"\xff\xfe\x00", b"a=b&a=b&sign"];
    for voice in voices() {
        for body in samples {
            for headers in [vec![], (voice.forged)().headers] {
                let mut house = voice.house();
                assert!(house.receives(&Message { headers, body: body.to_vec() }).is_err());
                assert_eq!(house.changes, 0);
            }
        }
    }
}
