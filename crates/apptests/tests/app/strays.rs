//! Payments that are for no order, or beyond one: kept until a person credits them or says that they are seen to, once.

use std::time::Duration;

use fakegateways::{Message, ORDER, Voice, money, now, voices};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::admin_acts::{self, Done};
use testkit::{Answer, Client};

use crate::shop::{PRICE, Shop};

/// Where a gateway said that a payment is there, of which nobody knows the order.
async fn stray(voice: &Voice, paid: &Message) -> (Shop, String) {
    let shop = Shop::open(&(voice.config)(&voice.served().await)).await;
    shop.hears(voice.name, paid).await.expect(200);
    assert_eq!(shop.strays().await, ["unknown_order"]);
    let mei = shop.app.scope_of(&shop.mei).await.member_id.to_string();
    (shop, mei)
}

fn paid(voice: &Voice) -> Message {
    (voice.paid)("p1", money("88.80", "CNY"), now())
}

async fn credit(client: &Client, id: &str, gateway: &str, member: &str) -> Answer {
    let body = json!({"id": id, "gateway": gateway, "payment": "p1", "member_id": member});
    client.clone().post("/api/v1/payments/strays/credit", body).await
}

async fn settle(client: &Client, gateway: &str) -> Answer {
    let body = json!({"gateway": gateway, "payment": "p1", "note": "given back at the gateway"});
    client.clone().post("/api/v1/payments/strays/settle", body).await
}

async fn keep(client: &Client, order: &str, payment: &str) -> Answer {
    client.clone().post(&format!("/api/v1/orders/{order}/credit"), json!({"payment": payment})).await
}

async fn acts(shop: &Shop) -> Vec<(String, Done)> {
    let acts = admin_acts::page(&shop.app.db, shop.app.home_id().await, None, 50).await.unwrap().items;
    acts.into_iter().map(|act| (act.subject, act.done)).collect()
}

fn credited(gateway: &str, payment: &str, order: &str) -> Done {
    let order = order.parse().unwrap();
    Done::CreditPayment { gateway: gateway.to_owned(), payment: payment.to_owned(), order }
}

#[tokio::test]
async fn a_payment_of_no_order_is_credited_to_a_member_and_is_theirs_from_then_on() {
    for voice in voices() {
        let (shop, mei) = stray(&voice, &paid(&voice)).await;
        let list = shop.owner.get("/api/v1/payments/strays").await.expect(200).json();
        assert_eq!(list["items"][0]["payment"], "p1", "the gateway's own reference");
        let id = shop.owner.id();
        let order = credit(&shop.owner, &id, voice.name, &mei).await.expect(200).json();
        assert_eq!((&order["status"], &order["price"]["micros"]), (&json!("paid"), &json!(PRICE)));
        assert_eq!((shop.strays().await.len(), shop.flags().await.len()), (0, 0));
        shop.has(PRICE).await;

        // Said again it is the same; another wish comes too late; and the gateway may repeat itself.
        assert_eq!(credit(&shop.owner, &id, voice.name, &mei).await.expect(200).json(), order);
        assert_eq!(credit(&shop.owner, &shop.owner.id(), voice.name, &mei).await.problem(409), "conflict");
        let owner = shop.app.scope_of(&shop.owner).await.member_id.to_string();
        assert_eq!(credit(&shop.owner, &id, voice.name, &owner).await.problem(409), "conflict");
        assert_eq!(settle(&shop.owner, voice.name).await.problem(409), "conflict");
        for _ in 0..3 {
            shop.hears(voice.name, &paid(&voice)).await.expect(200);
        }
        shop.has(PRICE).await;
        assert_eq!((shop.credits().await, shop.strays().await.len()), (1, 0));
        assert_eq!(acts(&shop).await, [(mei, credited(voice.name, "p1", &id))]);

        // What the gateway gives back comes out of the wallet, as with any order.
        shop.hears(voice.name, &(voice.refunded)("p1", 8_880, now())).await.expect(200);
        assert_eq!((shop.status(&id).await, shop.strays().await.len()), ("refunded".to_owned(), 0));
        shop.has(0).await;
    }
}

/// The order is there, but is to be paid another way.
#[tokio::test]
async fn money_for_an_order_of_another_way_is_credited_beside_it() {
    for voice in voices() {
        let mut shop = Shop::open(&(voice.config)(&voice.served().await)).await;
        shop.order(ORDER, "manual").await.expect(201);
        shop.hears(voice.name, &paid(&voice)).await.expect(200);
        assert_eq!(shop.strays().await, ["other_gateway"]);
        let mei = shop.app.scope_of(&shop.mei).await.member_id.to_string();
        credit(&shop.owner, &shop.owner.id(), voice.name, &mei).await.expect(200);
        shop.hears(voice.name, &paid(&voice)).await.expect(200);
        assert_eq!((shop.status(ORDER).await, shop.strays().await.len()), ("open".to_owned(), 0));
        shop.has(PRICE).await;
    }
}

#[tokio::test]
async fn of_twenty_who_put_a_payment_away_at_once_one_does() {
    for voice in voices() {
        let (shop, mei) = stray(&voice, &paid(&voice)).await;
        let (owner, name) = (&shop.owner, voice.name);
        let id = owner.id();
        let same = join_all((0..20).map(|_| credit(owner, &id, name, &mei))).await;
        assert!(same.iter().all(|answer| answer.status == 200), "{same:?}");
        assert_eq!((shop.credits().await, acts(&shop).await.len()), (1, 1));
        shop.has(PRICE).await;

        // Each with a wish of their own, and half of them give it back at the gateway.
        let (shop, mei) = stray(&voice, &paid(&voice)).await;
        let owner = &shop.owner;
        let one = async |at: u32| match at % 2 {
            0 => ("credit", credit(owner, &owner.id(), name, &mei).await.status),
            _ => ("settle", settle(owner, name).await.status),
        };
        let answers = join_all((0..20).map(one)).await;
        let credits = answers.iter().filter(|answer| **answer == ("credit", 200)).count();
        assert!(answers.iter().all(|(_, status)| [200, 409].contains(status)), "{answers:?}");
        assert_eq!((shop.credits().await, acts(&shop).await.len()), (credits, 1), "{answers:?}");
        assert!(credits == 1 || answers.contains(&("settle", 200)), "{answers:?}");
        assert_eq!(shop.strays().await.len(), 0);
        shop.has(if credits == 1 { PRICE } else { 0 }).await;
    }
}

#[tokio::test]
async fn what_somebody_has_seen_to_is_put_away_until_more_is_said() {
    for voice in voices() {
        let (shop, mei) = stray(&voice, &paid(&voice)).await;
        for client in [&shop.mei, &shop.app.anonymous()] {
            assert!([401, 403].contains(&settle(client, voice.name).await.status));
        }
        assert_eq!(shop.strays().await.len(), 1);
        shop.app.clock.advance(Duration::from_secs(1));
        for _ in 0..3 {
            let rest = settle(&shop.owner, voice.name).await.expect(200).json();
            assert_eq!(rest["items"], Value::Array(Vec::new()));
        }
        let note = "given back at the gateway".to_owned();
        let done = Done::SettlePayment { gateway: voice.name.to_owned(), payment: "p1".to_owned(), note };
        assert_eq!(acts(&shop).await, [("p1".to_owned(), done)]);
        // The gateway repeating itself is nothing new, and who credits it comes too late.
        shop.hears(voice.name, &paid(&voice)).await.expect(200);
        assert_eq!(shop.strays().await.len(), 0);
        assert_eq!(credit(&shop.owner, &shop.owner.id(), voice.name, &mei).await.problem(409), "conflict");
        shop.app.clock.advance(Duration::from_secs(1));
        let later = now().plus(Duration::from_secs(2));
        shop.hears(voice.name, &(voice.refunded)("p1", 8_880, later)).await.expect(200);
        assert!(!shop.strays().await.is_empty());
        settle(&shop.owner, voice.name).await.expect(200);
        assert_eq!((shop.strays().await.len(), acts(&shop).await.len()), (0, 2));
        shop.has(0).await;
    }
}

#[tokio::test]
async fn what_is_in_no_wallets_currency_or_was_not_paid_is_not_credited() {
    for voice in voices() {
        let (shop, mei) = stray(&voice, &(voice.paid)("p1", money("88.80", "HKD"), now())).await;
        let answer = credit(&shop.owner, &shop.owner.id(), voice.name, &mei).await;
        assert_eq!(answer.problem(400), "invalid_request");
        assert!(answer.text().contains("give it back"), "{}", answer.text());
        assert_eq!((shop.strays().await.len(), acts(&shop).await.len()), (1, 0), "it waits as before");
        let nobodys = json!({"gateway": voice.name, "payment": "p2"});
        let answer = shop.owner.clone().post("/api/v1/payments/strays/settle", nobodys).await;
        assert_eq!(answer.problem(404), "not_found");
        shop.has(0).await;
    }
}

#[tokio::test]
async fn money_that_came_twice_or_as_another_amount_is_credited_once() {
    for voice in voices() {
        for (second, flag, micros) in [("88.80", "paid_twice", PRICE), ("12.00", "wrong_amount", 12_000_000)]
        {
            let shop = Shop::of(&voice).await;
            shop.hears(voice.name, &paid(&voice)).await.expect(200);
            shop.hears(voice.name, &(voice.paid)("p2", money(second, "CNY"), now())).await.expect(200);
            assert_eq!(shop.flags().await, [flag]);
            shop.has(PRICE).await;

            assert_eq!(keep(&shop.mei, ORDER, "p2").await.status, 403);
            assert_eq!(keep(&shop.owner, ORDER, "p3").await.problem(400), "invalid_request");
            let answers = join_all((0..20).map(|_| keep(&shop.owner, ORDER, "p2"))).await;
            assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
            assert_eq!(keep(&shop.owner, ORDER, "p1").await.problem(400), "invalid_request");
            shop.hears(voice.name, &(voice.paid)("p2", money(second, "CNY"), now())).await.expect(200);
            assert_eq!((shop.flags().await.len(), shop.credits().await), (0, 2), "{}", voice.name);
            shop.has(PRICE + micros).await;
            let mei = shop.app.scope_of(&shop.mei).await.member_id.to_string();
            assert_eq!(acts(&shop).await, [(mei, credited(voice.name, "p2", ORDER))]);
        }
    }
}

/// Whoever gives it back by hand says so, and that is an act too.
#[tokio::test]
async fn an_order_that_was_seen_to_by_hand_is_off_the_list_and_on_record() {
    let voice = &voices()[0];
    let shop = Shop::of(voice).await;
    shop.hears(voice.name, &(voice.paid)("p1", money("12.00", "CNY"), now())).await.expect(200);
    for _ in 0..3 {
        let path = format!("/api/v1/orders/{ORDER}/seen");
        shop.owner.clone().post(&path, json!({})).await.expect(200);
    }
    let mei = shop.app.scope_of(&shop.mei).await.member_id.to_string();
    assert_eq!(acts(&shop).await, [(mei, Done::SettleOrder { order: ORDER.parse().unwrap() })]);
    assert_eq!(shop.flags().await.len(), 0);
    shop.has(0).await;
}
