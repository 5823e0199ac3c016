//! Stripe over HTTP, and what its events say.

use std::sync::Arc;

use fakegateways::stripe::{FakeStripe, WEBHOOK, config, event, refunded_event, session_event, signed};
use fakegateways::{REFUND, money, now, serve};
use money::payment::{Happened, RefundOrder};
use payments::Status;
use ports::{CallbackError, NextStep, PaymentDriver, PaymentQuery, PortErrorKind};
use serde_json::json;
use stdx::MockClock;

use crate::house::{House, checkout, open, order_id, query};

pub(crate) fn driver(api: &str) -> Arc<dyn PaymentDriver> {
    let gateways = open(&config(api), &MockClock::at(now()));
    Arc::clone(gateways.get("stripe").unwrap())
}

fn house() -> House {
    House::new(&driver(""), &MockClock::at(now()))
}

fn refund(text: &str) -> RefundOrder {
    RefundOrder {
        refund: REFUND.parse().unwrap(),
        payment: "pi_1".to_owned(),
        paid: money("88.80", "CNY"),
        money: money(text, "CNY"),
    }
}

#[tokio::test]
async fn a_payment_goes_its_way_from_the_session_to_the_wallet() {
    let fake = Arc::new(FakeStripe::default());
    let stripe = driver(&serve(Arc::clone(&fake)).await);
    let started = stripe.begin(checkout()).await.unwrap();
    assert_eq!(started.next, NextStep::Visit("https://checkout.stripe.com/c/pay/cs_test_1".to_owned()));
    let reference = started.reference.as_deref();
    assert_eq!(stripe.query(query(reference)).await.unwrap(), []);

    fake.pays("paid");
    let facts = stripe.query(query(reference)).await.unwrap();
    let mut house = house();
    facts.iter().for_each(|fact| house.learns(fact));
    assert_eq!((house.wallet(), house.status()), (money("88.80", "CNY").amount, Status::Paid));
    // The webhook comes later and says the same.
    house.receives(&session_event("completed", &json!({}), now())).unwrap();
    assert_eq!(house.changes, 1);
}

#[tokio::test]
async fn beginning_again_gives_the_same_session() {
    let fake = Arc::new(FakeStripe::default());
    let stripe = driver(&serve(Arc::clone(&fake)).await);
    fake.breaks_once(502);
    let lost = stripe.begin(checkout()).await.unwrap_err();
    assert_eq!(lost.kind, PortErrorKind::Retry);
    let started = stripe.begin(checkout()).await.unwrap();
    assert_eq!((started.reference.as_deref(), fake.sessions()), (Some("cs_test_1"), 1));
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_not_made_twice() {
    let fake = Arc::new(FakeStripe::default());
    let stripe = driver(&serve(Arc::clone(&fake)).await);
    stripe.begin(checkout()).await.unwrap();
    fake.pays("paid");
    fake.breaks_once(500);
    assert_eq!(stripe.refund(order_id(), refund("8.80")).await.unwrap_err().kind, PortErrorKind::Retry);
    let facts = stripe.refund(order_id(), refund("8.80")).await.unwrap();
    let expected = Happened::Refunded { refund: REFUND.to_owned(), money: money("8.80", "CNY") };
    assert_eq!((&facts[0].what, facts[0].order, fake.refunds()), (&expected, Some(order_id()), 1));
}

#[tokio::test]
async fn a_refusal_is_final_and_names_no_secret() {
    let fake = Arc::new(FakeStripe::default());
    let stripe = driver(&serve(Arc::clone(&fake)).await);
    let error = stripe.refund(order_id(), refund("8.80")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Bad);
    assert_eq!(error.to_string(), "Stripe declined: charge_already_refunded");
}

#[tokio::test]
async fn open_refunds_are_asked_for_one_by_one() {
    let fake = Arc::new(FakeStripe::default());
    let stripe = driver(&serve(Arc::clone(&fake)).await);
    stripe.begin(checkout()).await.unwrap();
    fake.pays("paid");
    stripe.refund(order_id(), refund("8.80")).await.unwrap();
    fake.refunds_fail();
    let query = PaymentQuery { refunds: vec![REFUND.parse().unwrap()], ..query(Some("cs_test_1")) };
    let facts = stripe.query(query).await.unwrap();
    let failed = Happened::RefundFailed { refund: REFUND.to_owned() };
    assert!(facts.iter().any(|fact| fact.what == failed), "{facts:?}");
}

#[tokio::test]
async fn an_order_without_a_session_is_to_be_begun_again() {
    for reference in [None, Some(""), Some("../refunds"), Some("cs 1")] {
        let error = driver("http://127.0.0.1:1").query(query(reference)).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Bad, "{reference:?}");
    }
    let error = driver("http://127.0.0.1:1").query(query(Some("cs_1"))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Down, "nobody is there");
}

#[test]
fn a_session_that_is_complete_may_not_be_paid_yet() {
    let mut house = house();
    house.receives(&session_event("completed", &json!({"payment_status": "unpaid"}), now())).unwrap();
    assert_eq!((house.status(), house.changes), (Status::Pending, 0));
    house.receives(&session_event("async_payment_succeeded", &json!({}), now())).unwrap();
    assert_eq!((house.status(), house.changes), (Status::Paid, 1));
}

#[test]
fn a_session_that_expired_or_failed_closes_the_order() {
    let unpaid = json!({"payment_status": "unpaid", "status": "expired", "payment_intent": null});
    let mut house = house();
    house.receives(&session_event("expired", &unpaid, now())).unwrap();
    assert_eq!(house.status(), Status::Closed);
    let mut house = self::house();
    house
        .receives(&session_event("async_payment_failed", &json!({"payment_status": "unpaid"}), now()))
        .unwrap();
    assert_eq!(house.status(), Status::Closed);
}

#[test]
fn a_refund_at_the_dashboard_is_a_sum_and_one_of_ours_has_its_name() {
    let mut house = house();
    house.receives(&session_event("completed", &json!({}), now())).unwrap();
    house.receives(&refunded_event("pi_1", 880, now())).unwrap();
    assert_eq!(house.wallet(), money("80", "CNY").amount);
    let refund = json!({"id": "re_1", "object": "refund", "amount": 880, "currency": "cny", "status": "succeeded",
        "payment_intent": "pi_1", "metadata": {"refund": REFUND}});
    let facts = house.receives(&event("refund.updated", &refund, now())).unwrap();
    assert_eq!(facts[0].what, Happened::Refunded { refund: REFUND.to_owned(), money: money("8.80", "CNY") });
    assert_eq!(house.wallet(), money("80", "CNY").amount, "it was in the sum already");
}

#[test]
fn a_dispute_takes_the_money_back_until_it_is_won() {
    let mut house = house();
    house.receives(&session_event("completed", &json!({}), now())).unwrap();
    let dispute = json!({"id": "dp_1", "object": "dispute", "amount": 8_880, "currency": "cny", "charge": "ch_1",
        "payment_intent": "pi_1", "status": "needs_response"});
    house.receives(&event("charge.dispute.funds_withdrawn", &dispute, now())).unwrap();
    assert_eq!((house.wallet().micros(), house.status()), (0, Status::Refunded));
    house.receives(&event("charge.dispute.funds_reinstated", &dispute, now())).unwrap();
    assert_eq!((house.wallet(), house.status()), (house.order.price.amount, Status::Paid));
}

#[test]
fn what_another_shop_on_the_account_sells_is_none_of_ours() {
    let mut house = house();
    for change in [
        json!({"client_reference_id": null}),
        json!({"client_reference_id": "cart-7"}),
        json!({"mode": "subscription"}),
    ] {
        assert_eq!(house.receives(&session_event("completed", &change, now())), Ok(vec![]), "{change}");
    }
    assert_eq!(house.receives(&event("customer.created", &json!({"id": "cus_1"}), now())), Ok(vec![]));
}

#[test]
fn an_event_of_the_other_mode_counts_nothing() {
    let mut house = house();
    let live = event("customer.created", &json!({}), now());
    let body = String::from_utf8(live.body).unwrap().replace("\"livemode\":false", "\"livemode\":true");
    let live = signed(&stdx::Secret::new(WEBHOOK.to_owned()), body.into_bytes(), now());
    assert!(matches!(house.receives(&live), Err(CallbackError::NotOurs(_))));
}

#[test]
fn an_amount_is_a_whole_number_of_coins_or_nothing() {
    let mut house = house();
    for (change, is_read) in [
        (json!({"amount_total": 8_880.5}), false),
        (json!({"amount_total": "8880"}), false),
        (json!({"amount_total": null}), false),
        (json!({"currency": "ugx"}), false),
        (json!({"currency": "jpy"}), true),
    ] {
        let verdict = house.receives(&session_event("completed", &change, now()));
        assert_eq!(verdict.is_ok(), is_read, "{change}: {verdict:?}");
        assert_eq!(house.changes, 0, "{change}");
    }
}
