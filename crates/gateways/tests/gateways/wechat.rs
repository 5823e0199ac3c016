//! WeChat Pay over HTTP, and what its notifications say.

use std::sync::Arc;

use fakegateways::keys::{OTHER, THEIRS, THEIRS_CERTIFICATE, signing};
use fakegateways::wechat::{
    API_V3_KEY, FakeWechat, config, config_with, notification, refund, sealed_with, transaction,
};
use fakegateways::{Message, REFUND, money, now, serve};
use money::payment::{Happened, RefundOrder};
use payments::{Flag, Status};
use ports::{CallbackError, NextStep, PaymentDriver, PaymentQuery, PortErrorKind};
use serde_json::json;
use stdx::MockClock;

use crate::house::{House, checkout, open, order_id, query};

pub(crate) fn driver(api: &str) -> Arc<dyn PaymentDriver> {
    let gateways = open(&config(api), &MockClock::at(now()));
    Arc::clone(gateways.get("wechat").unwrap())
}

fn house() -> House {
    House::new(&driver(""), &MockClock::at(now()))
}

fn paid() -> Message {
    notification("TRANSACTION.SUCCESS", &transaction("4200000991", 8_880, "CNY"), now())
}

fn refund_order(text: &str) -> RefundOrder {
    RefundOrder {
        refund: REFUND.parse().unwrap(),
        payment: "4200000991".to_owned(),
        paid: money("88.80", "CNY"),
        money: money(text, "CNY"),
    }
}

#[tokio::test]
async fn a_payment_goes_its_way_from_the_code_to_the_wallet() {
    let fake = Arc::new(FakeWechat::default());
    let wechat = driver(&serve(Arc::clone(&fake)).await);
    assert_eq!(wechat.query(query(None)).await.unwrap(), [], "it is not known there yet");
    let started = wechat.begin(checkout()).await.unwrap();
    let code = "weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00".to_owned();
    assert_eq!((started.next, started.reference), (NextStep::Scan(code), None));
    assert_eq!(wechat.query(query(None)).await.unwrap(), []);

    fake.pays();
    let mut house = house();
    for fact in wechat.query(query(None)).await.unwrap() {
        house.learns(&fact);
    }
    assert_eq!((house.wallet(), house.status()), (money("88.80", "CNY").amount, Status::Paid));
    house.receives(&paid()).unwrap();
    assert_eq!(house.changes, 1);
}

#[tokio::test]
async fn a_refund_takes_its_time_and_is_asked_for() {
    let fake = Arc::new(FakeWechat::default());
    let wechat = driver(&serve(Arc::clone(&fake)).await);
    wechat.begin(checkout()).await.unwrap();
    fake.pays();
    for _ in 0..2 {
        assert_eq!(wechat.refund(order_id(), refund_order("8.80")).await.unwrap(), []);
    }
    assert_eq!(fake.refunds(), 1);
    let asked = PaymentQuery { refunds: vec![REFUND.parse().unwrap()], ..query(None) };
    for (status, what) in [
        ("SUCCESS", Happened::Refunded { refund: REFUND.to_owned(), money: money("8.80", "CNY") }),
        ("CLOSED", Happened::RefundFailed { refund: REFUND.to_owned() }),
        ("ABNORMAL", Happened::RefundStuck { refund: REFUND.to_owned() }),
    ] {
        fake.refunds_become(status);
        let facts = wechat.query(asked.clone()).await.unwrap();
        assert_eq!(facts.last().map(|fact| &fact.what), Some(&what), "{status}");
    }
}

#[tokio::test]
async fn an_answer_of_a_stranger_is_not_believed() {
    let fake = Arc::new(FakeWechat::default());
    let wechat = driver(&serve(Arc::clone(&fake)).await);
    wechat.begin(checkout()).await.unwrap();
    fake.pays();
    fake.is_a_stranger();
    let error = wechat.query(query(None)).await.unwrap_err();
    assert!(error.kind == PortErrorKind::Retry && error.detail.contains("signature"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_refunded_is_refused_for_good() {
    let wechat = driver(&serve(Arc::new(FakeWechat::default())).await);
    let error = wechat.refund(order_id(), refund_order("8.80")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Bad);
    let dollars = ports::Checkout { money: money("88.80", "USD"), ..checkout() };
    assert_eq!(wechat.begin(dollars).await.unwrap_err().kind, PortErrorKind::Bad);
}

#[test]
fn a_certificate_is_as_good_as_a_key() {
    let clock = MockClock::at(now());
    let gateways = open(&config_with("", THEIRS_CERTIFICATE), &clock);
    let mut house = House::new(gateways.get("wechat").unwrap(), &clock);
    house.receives(&paid()).unwrap();
    assert_eq!(house.changes, 1);
}

#[test]
fn a_notification_that_tests_us_is_refused() {
    let mut probe = paid();
    let (_, signature) = &mut probe.headers[1];
    *signature = format!("WECHATPAY/SIGNTEST/{}", &signature[19..]);
    assert_eq!(house().receives(&probe), Err(CallbackError::Forged));
}

#[test]
fn a_notification_without_one_of_its_headers_is_not_signed() {
    for at in 0..4 {
        let mut message = paid();
        message.headers.remove(at);
        assert!(matches!(house().receives(&message), Err(CallbackError::Unsigned(_))), "{at}");
    }
}

#[test]
fn a_key_that_nobody_wrote_down_is_not_believed() {
    let mut message = paid();
    message.headers[0].1 = "PUB_KEY_ID_OF_SOMEBODY_ELSE".to_owned();
    assert_eq!(house().receives(&message), Err(CallbackError::Forged));
}

#[test]
fn both_the_signature_and_the_seal_have_to_be_right() {
    let content = transaction("4200000991", 8_880, "CNY");
    let other_key = sealed_with(API_V3_KEY, &signing(OTHER), "TRANSACTION.SUCCESS", &content, now());
    assert_eq!(house().receives(&other_key), Err(CallbackError::Forged));
    let other_seal = sealed_with(
        "another-api-v3-key-of-32-bytes--",
        &signing(THEIRS),
        "TRANSACTION.SUCCESS",
        &content,
        now(),
    );
    assert!(matches!(house().receives(&other_seal), Err(CallbackError::Malformed(_))));
}

#[test]
fn a_notification_for_another_merchant_is_refused() {
    for (name, value) in [("mchid", "1900000110"), ("appid", "wx0000000000000000")] {
        let mut content = transaction("4200000991", 8_880, "CNY");
        content[name] = json!(value);
        let message = notification("TRANSACTION.SUCCESS", &content, now());
        assert!(matches!(house().receives(&message), Err(CallbackError::NotOurs(_))), "{name}");
    }
}

#[test]
fn states_are_told_apart() {
    for (state, status, changes) in [
        ("SUCCESS", Status::Paid, 1),
        ("REFUND", Status::Paid, 1),
        ("NOTPAY", Status::Open, 0),
        ("USERPAYING", Status::Pending, 0),
        ("CLOSED", Status::Closed, 0),
        ("REVOKED", Status::Closed, 0),
        ("PAYERROR", Status::Closed, 0),
        ("ACCEPT", Status::Open, 0),
    ] {
        let mut content = transaction("4200000991", 8_880, "CNY");
        content["trade_state"] = json!(state);
        let mut house = house();
        house.receives(&notification("TRANSACTION.SUCCESS", &content, now())).unwrap();
        assert_eq!((house.status(), house.changes), (status, changes), "{state}");
    }
}

#[test]
fn a_refund_is_told_with_our_name_of_it() {
    let mut house = house();
    house.receives(&paid()).unwrap();
    let content = refund("4200000991", &REFUND.replace('-', ""), 880, "SUCCESS");
    let facts = house.receives(&notification("REFUND.SUCCESS", &content, now())).unwrap();
    assert_eq!(facts[0].what, Happened::Refunded { refund: REFUND.to_owned(), money: money("8.80", "CNY") });
    assert_eq!(house.wallet(), money("80", "CNY").amount);
    let stuck = refund("4200000991", "by-hand", 100, "ABNORMAL");
    house.receives(&notification("REFUND.ABNORMAL", &stuck, now())).unwrap();
    let flag = Flag::RefundStuck { payment: "4200000991".to_owned(), refund: "by-hand".to_owned() };
    assert_eq!(house.flags, [flag]);
}

#[test]
fn orders_of_others_and_other_kinds_are_acknowledged_and_nothing_else() {
    let mut content = transaction("4200000991", 8_880, "CNY");
    content["out_trade_no"] = json!("1217752501201407033233368018");
    assert_eq!(house().receives(&notification("TRANSACTION.SUCCESS", &content, now())), Ok(vec![]));
    assert_eq!(house().receives(&notification("PAYSCORE.USER_PAID", &json!({}), now())), Ok(vec![]));
    assert_eq!(driver("").acknowledgement().body, r#"{"code":"SUCCESS"}"#);
}
