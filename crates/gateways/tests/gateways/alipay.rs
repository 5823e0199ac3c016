//! Alipay over HTTP, and what its notifications say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fakegateways::alipay::{FakeAlipay, TRADE, config, is_signed, notification, payment, signed_with, with};
use fakegateways::keys::{OTHER, OURS, OURS_PKCS1};
use fakegateways::{ORDER, REFUND, money, now, serve};
use money::payment::{Happened, RefundOrder};
use payments::Status;
use ports::{CallbackError, NextStep, PaymentDriver, PaymentQuery, PortErrorKind};
use stdx::MockClock;

use crate::house::{House, checkout, open, order_id, query};

pub(crate) fn driver(api: &str) -> Arc<dyn PaymentDriver> {
    let gateways = open(&config(api, "qr"), &MockClock::at(now()));
    Arc::clone(gateways.get("alipay").unwrap())
}

fn house() -> House {
    House::new(&driver(""), &MockClock::at(now()))
}

fn short_order() -> String {
    ORDER.replace('-', "")
}

fn refund(text: &str) -> RefundOrder {
    RefundOrder {
        refund: REFUND.parse().unwrap(),
        payment: TRADE.to_owned(),
        paid: money("88.80", "CNY"),
        money: money(text, "CNY"),
    }
}

#[tokio::test]
async fn a_payment_goes_its_way_from_the_code_to_the_wallet() {
    let fake = Arc::new(FakeAlipay::default());
    let alipay = driver(&serve(Arc::clone(&fake)).await);
    let started = alipay.begin(checkout()).await.unwrap();
    assert_eq!(started.next, NextStep::Scan("https://qr.alipay.com/bavh4wjlxf12tper3a".to_owned()));
    let times = ("2026-11-22 16:00:00".to_owned(), "2026-11-22 17:00:00".to_owned());
    assert_eq!(fake.times(), times);
    assert_eq!(alipay.query(query(None)).await.unwrap(), [], "nobody scanned it yet");

    fake.pays(&short_order(), "88.80");
    let mut house = house();
    for fact in alipay.query(query(None)).await.unwrap() {
        house.learns(&fact);
    }
    assert_eq!((house.wallet(), house.status()), (money("88.80", "CNY").amount, Status::Paid));
    house.receives(&notification(&payment(TRADE, "88.80"))).unwrap();
    assert_eq!(house.changes, 1);
    fake.closes();
    for fact in alipay.query(query(None)).await.unwrap() {
        house.learns(&fact);
    }
    assert_eq!((house.wallet().micros(), house.status()), (0, Status::Refunded), "closed after it was paid");
}

#[tokio::test]
async fn a_page_is_an_address_that_is_signed() {
    let key = OURS_PKCS1;
    let config = config("", "page").replace(OURS, key);
    let gateways = open(&config, &MockClock::at(now()));
    let started = gateways.get("alipay").unwrap().begin(checkout()).await.unwrap();
    let NextStep::Visit(url) = started.next else { panic!("{started:?}") };
    let (address, query) = url.split_once('?').unwrap();
    assert_eq!(address, "https://openapi.alipay.com/gateway.do");
    let all: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert!(is_signed(&all));
    assert_eq!(all["notify_url"], "https://hutong.example/pay/alipay/webhook");
    assert_eq!(all["return_url"], format!("https://hutong.example/pay/return?order={ORDER}"));
    let content: serde_json::Value = serde_json::from_str(&all["biz_content"]).unwrap();
    assert_eq!(content["product_code"], "FAST_INSTANT_TRADE_PAY");
    assert_eq!((&content["total_amount"], &content["subject"]), (&"88.80".into(), &"充值 88.80".into()));
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_not_made_twice() {
    let fake = Arc::new(FakeAlipay::default());
    let alipay = driver(&serve(Arc::clone(&fake)).await);
    fake.pays(&short_order(), "88.80");
    fake.fails_once("isp.unknow-error");
    assert_eq!(alipay.refund(order_id(), refund("8.80")).await.unwrap_err().kind, PortErrorKind::Retry);
    let ours = Happened::Refunded { refund: REFUND.to_owned(), money: money("8.80", "CNY") };
    // The second request moves nothing (`fund_change` is N), so the refund is asked for.
    let facts = alipay.refund(order_id(), refund("8.80")).await.unwrap();
    assert_eq!(
        (&facts[..1], fake.refunds()),
        (&[money::payment::Fact { what: ours, ..facts[0].clone() }][..], 1)
    );
}

#[tokio::test]
async fn a_refund_that_moves_money_says_the_sum_too() {
    let fake = Arc::new(FakeAlipay::default());
    let alipay = driver(&serve(Arc::clone(&fake)).await);
    fake.pays(&short_order(), "88.80");
    let facts = alipay.refund(order_id(), refund("8.80")).await.unwrap();
    let said: Vec<_> = facts.into_iter().map(|fact| fact.what).collect();
    let money = money("8.80", "CNY");
    assert_eq!(
        said,
        [Happened::Refunded { refund: REFUND.to_owned(), money }, Happened::RefundedInAll { money }]
    );
    let asked = PaymentQuery { refunds: vec![REFUND.parse().unwrap()], ..query(None) };
    assert!(alipay.query(asked).await.unwrap().iter().any(|fact| fact.what == said[0]));
}

#[tokio::test]
async fn an_answer_of_a_stranger_is_not_believed() {
    let fake = Arc::new(FakeAlipay::default());
    let alipay = driver(&serve(Arc::clone(&fake)).await);
    fake.pays(&short_order(), "88.80");
    fake.is_a_stranger();
    let error = alipay.query(query(None)).await.unwrap_err();
    assert!(error.kind == PortErrorKind::Retry && error.detail.contains("signature"), "{error}");
}

#[tokio::test]
async fn what_is_refused_is_refused_for_good() {
    let alipay = driver(&serve(Arc::new(FakeAlipay::default())).await);
    assert_eq!(alipay.refund(order_id(), refund("8.80")).await.unwrap_err().kind, PortErrorKind::Bad);
    let dollars = ports::Checkout { money: money("88.80", "USD"), ..checkout() };
    assert_eq!(alipay.begin(dollars).await.unwrap_err().kind, PortErrorKind::Bad);
}

#[test]
fn states_are_told_apart() {
    for (status, paid_at, expected, changes) in [
        ("TRADE_SUCCESS", "2026-11-22 15:59:47", Status::Paid, 1),
        ("TRADE_FINISHED", "2026-11-22 15:59:47", Status::Paid, 1),
        ("WAIT_BUYER_PAY", "", Status::Open, 0),
        ("TRADE_CLOSED", "", Status::Closed, 0),
        ("TRADE_CLOSED", "2026-11-22 15:59:47", Status::Refunded, 2),
        ("SOMETHING_NEW", "", Status::Open, 0),
    ] {
        let mut house = house();
        let changes_made = [("trade_status", status), ("gmt_payment", paid_at)];
        house.receives(&notification(&with(payment(TRADE, "88.80"), &changes_made))).unwrap();
        assert_eq!((house.status(), house.changes), (expected, changes), "{status} {paid_at}");
    }
}

#[test]
fn a_refund_is_told_as_a_sum() {
    let mut house = house();
    house.receives(&notification(&payment(TRADE, "88.80"))).unwrap();
    for (sum, left) in [("8.80", "80"), ("0.00", "80"), ("5.00", "80"), ("18.80", "70")] {
        let told = with(payment(TRADE, "88.80"), &[("refund_fee", sum), ("notify_id", sum)]);
        house.receives(&notification(&told)).unwrap();
        assert_eq!(house.wallet(), money(left, "CNY").amount, "{sum}");
    }
}

#[test]
fn a_notification_for_somebody_else_is_refused_though_it_is_signed() {
    for (name, value) in
        [("app_id", "2014072300007149"), ("seller_id", "2088000000000000"), ("app_id", ""), ("seller_id", "")]
    {
        let message = notification(&with(payment(TRADE, "88.80"), &[(name, value)]));
        assert!(matches!(house().receives(&message), Err(CallbackError::NotOurs(_))), "{name}={value}");
    }
}

#[test]
fn a_weaker_signature_or_none_is_refused() {
    let message = notification(&payment(TRADE, "88.80"));
    for (from, to) in [("sign_type=RSA2", "sign_type=RSA"), ("sign_type=RSA2", "x=y"), ("&sign=", "&signed=")]
    {
        assert!(
            matches!(house().receives(&message.tampered(from, to)), Err(CallbackError::Unsigned(_))),
            "{to}"
        );
    }
    let other = signed_with(OTHER, &payment(TRADE, "88.80"));
    assert_eq!(house().receives(&other), Err(CallbackError::Forged));
}

#[test]
fn a_parameter_that_is_there_twice_is_refused() {
    let mut message = notification(&payment(TRADE, "88.80"));
    message.body.extend_from_slice(b"&total_amount=88.80");
    assert!(matches!(house().receives(&message), Err(CallbackError::Malformed(_))));
}

#[test]
fn a_notification_is_repeated_for_a_day_and_not_longer() {
    let message = notification(&payment(TRADE, "88.80"));
    for (hours, is_read) in [(0, true), (25, true), (27, false)] {
        let clock = MockClock::at(now());
        clock.advance(Duration::from_secs(hours * 3_600));
        let mut house = House::new(&driver(""), &clock);
        assert_eq!(house.receives(&message).is_ok(), is_read, "{hours}");
    }
    let early = with(payment(TRADE, "88.80"), &[("notify_time", "2026-11-22 16:05:01")]);
    assert_eq!(house().receives(&notification(&early)), Err(CallbackError::Stale(301)));
    for bad in ["", "yesterday", "2026-11-22T16:00:00Z"] {
        let message = notification(&with(payment(TRADE, "88.80"), &[("notify_time", bad)]));
        assert!(matches!(house().receives(&message), Err(CallbackError::Malformed(_))), "{bad}");
    }
}

#[test]
fn an_amount_is_an_exact_decimal_number_or_nothing() {
    for bad in ["", "8.88e1", "88,80", "0x58", "88.8000001", "￥88.80"] {
        let message = notification(&payment(TRADE, bad));
        assert!(matches!(house().receives(&message), Err(CallbackError::Malformed(_))), "{bad}");
    }
}

#[test]
fn orders_of_others_and_other_kinds_are_acknowledged_and_nothing_else() {
    for (name, value) in [("out_trade_no", "0719141034-6418"), ("notify_type", "servicewindow_notify")] {
        let message = notification(&with(payment(TRADE, "88.80"), &[(name, value)]));
        assert_eq!(house().receives(&message), Ok(vec![]), "{value}");
    }
    assert_eq!((driver("").acknowledgement().body, driver("").refusal().body), ("success", "failure"));
}
