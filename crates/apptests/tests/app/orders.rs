//! Members pay: what is placed, asked for, confirmed and given back, and what the wallet has afterwards.

use std::sync::Arc;
use std::time::Duration;

use fakegateways::stripe::{self, FakeStripe};
use fakegateways::wechat::{self, FakeWechat};
use fakegateways::{ORDER, serve};
use serde_json::{Value, json};
use testkit::{Home, TestApp};

use crate::shop::{PRICE, Shop, is_sound, wish};

const YUAN: i64 = 1_000_000;

async fn stripe_shop() -> (Shop, Arc<FakeStripe>) {
    let fake = Arc::new(FakeStripe::default());
    let shop = Shop::open(&stripe::config(&serve(Arc::clone(&fake)).await)).await;
    (shop, fake)
}

/// Mei's order, after the gateway was asked.
async fn asked(shop: &Shop) -> Value {
    shop.app.clock.advance(Duration::from_secs(3));
    shop.mei.get(&format!("/api/v1/me/orders/{ORDER}")).await.expect(200).json()
}

async fn refund(shop: &mut Shop, id: &str, payment: &str, micros: i64) -> testkit::Answer {
    let body = json!({"id": id, "payment": payment, "micros": micros});
    shop.owner.post(&format!("/api/v1/orders/{ORDER}/refund"), body).await
}

#[tokio::test]
async fn by_hand_the_owner_says_when_the_money_is_there() {
    let mut shop = Shop::open("").await;
    let placed = shop.order(ORDER, "manual").await.expect(201).json();
    assert_eq!((&placed["status"], &placed["next"]), (&json!("open"), &json!({"next": "wait"})));
    assert_eq!(placed["price"], json!({"micros": PRICE, "currency": "CNY"}));
    let to_look_at = shop.owner.get("/api/v1/orders?to_look_at=true").await.expect(200).json();
    assert_eq!(to_look_at["items"][0]["id"], ORDER, "it waits to be confirmed");

    for _ in 0..2 {
        let order = shop.owner.post(&format!("/api/v1/orders/{ORDER}/confirm"), json!({})).await;
        assert_eq!(order.expect(200).json()["status"], "paid");
        shop.has(PRICE).await;
    }
    let to_look_at = shop.owner.get("/api/v1/orders?to_look_at=true").await.expect(200).json();
    assert_eq!(to_look_at["items"], json!([]));

    let (first, payment) = (shop.mei.id(), format!("by-hand:{ORDER}"));
    for _ in 0..2 {
        let order = refund(&mut shop, &first, &payment, 8_800_000).await.expect(200).json();
        assert_eq!(order["status"], "partly_refunded");
        assert_eq!(order["payments"][0]["left"], json!({"micros": 80 * YUAN, "currency": "CNY"}));
        shop.has(80 * YUAN).await;
    }
    let other = refund(&mut shop, &first, &payment, 8_800_001).await;
    assert_eq!(other.problem(409), "conflict");
    for (payment, micros) in [(payment.as_str(), 81 * YUAN), (&payment, 0), (&payment, -1), ("by-hand", YUAN)]
    {
        let id = shop.mei.id();
        assert_eq!(refund(&mut shop, &id, payment, micros).await.problem(400), "invalid_request", "{micros}");
    }
    shop.has(80 * YUAN).await;
}

#[tokio::test]
async fn what_is_not_paid_by_hand_is_not_confirmed_by_hand() {
    let (mut shop, _) = stripe_shop().await;
    shop.order(ORDER, "stripe").await.expect(201);
    for action in ["confirm", "decline"] {
        let answer = shop.owner.post(&format!("/api/v1/orders/{ORDER}/{action}"), json!({})).await;
        assert_eq!(answer.problem(400), "invalid_request");
    }
    shop.has(0).await;
}

#[tokio::test]
async fn an_order_is_given_up_and_money_that_comes_after_all_counts() {
    let mut shop = Shop::open("").await;
    shop.order(ORDER, "manual").await.expect(201);
    for _ in 0..2 {
        let order = shop.mei.post(&format!("/api/v1/me/orders/{ORDER}/cancel"), json!({})).await;
        assert_eq!(order.expect(200).json()["status"], "closed");
    }
    let declined = shop.mei.id();
    shop.order(&declined, "manual").await.expect(201);
    let order = shop.owner.post(&format!("/api/v1/orders/{declined}/decline"), json!({})).await;
    assert_eq!(order.expect(200).json()["status"], "closed");
    assert_eq!(shop.flags().await.len(), 0);
    shop.owner.post(&format!("/api/v1/orders/{ORDER}/confirm"), json!({})).await.expect(200);
    shop.has(PRICE).await;
    let order = shop.mei.post(&format!("/api/v1/me/orders/{ORDER}/cancel"), json!({})).await;
    assert_eq!(order.expect(200).json()["status"], "paid", "what is paid stays paid");
}

#[tokio::test]
async fn what_cannot_be_bought_is_refused_before_anything_is_kept() {
    let mut shop = Shop::open("").await;
    let id = shop.mei.id();
    for micros in [0, -1, 1, 999_999, 1_005_000, 50_000 * YUAN + 10_000, i64::MAX] {
        let answer = shop.mei.post("/api/v1/me/orders", wish(&id, micros, "manual")).await;
        assert_eq!(answer.problem(400), "invalid_request", "{micros}");
    }
    for gateway in ["stripe", "", "Manual"] {
        let answer = shop.mei.post("/api/v1/me/orders", wish(&id, YUAN, gateway)).await;
        assert_eq!(answer.problem(400), "invalid_request", "{gateway}");
    }
    let mut more = wish(&id, YUAN, "manual");
    more["currency"] = json!("USD");
    assert_eq!(shop.mei.post("/api/v1/me/orders", more).await.problem(400), "invalid_request");
    assert_eq!(shop.mei.get("/api/v1/me/orders").await.json()["items"], json!([]));
}

#[tokio::test]
async fn an_order_has_one_id_and_an_hour_so_many_orders() {
    let mut shop = Shop::open("").await;
    let first = shop.order(ORDER, "manual").await.expect(201).json();
    assert_eq!(shop.order(ORDER, "manual").await.expect(201).json(), first);
    let other = shop.mei.post("/api/v1/me/orders", wish(ORDER, YUAN, "manual")).await;
    assert_eq!(other.problem(409), "conflict");
    let theirs = shop.owner.post("/api/v1/me/orders", wish(ORDER, PRICE, "manual")).await;
    assert_eq!(theirs.problem(409), "conflict");
    for _ in 1..20 {
        let id = shop.mei.id();
        shop.order(&id, "manual").await.expect(201);
    }
    let id = shop.mei.id();
    assert_eq!(shop.order(&id, "manual").await.problem(429), "rate_limited");
    let scope = shop.app.scope_of(&shop.mei).await;
    shop.app.clock.advance(Duration::from_secs(3_601));
    shop.mei = shop.app.session_of(scope).await;
    shop.order(&id, "manual").await.expect(201);
}

#[tokio::test]
async fn whoever_waits_on_the_page_is_told_and_the_webhook_comes_too_late() {
    let (mut shop, fake) = stripe_shop().await;
    let placed = shop.order(ORDER, "stripe").await.expect(201).json();
    let url = "https://checkout.stripe.com/c/pay/cs_test_1";
    assert_eq!(placed["next"], json!({"next": "visit", "url": url}));
    assert_eq!(asked(&shop).await["status"], "open");
    fake.pays("paid");
    assert_eq!(shop.status(ORDER).await, "open", "nobody has asked");
    assert_eq!(asked(&shop).await["status"], "paid");
    shop.has(PRICE).await;
    let late = stripe::session_event("completed", &json!({}), fakegateways::now());
    shop.hears("stripe", &late).await.expect(200);
    assert_eq!(shop.credits().await, 1);
    shop.has(PRICE).await;
}

#[tokio::test]
async fn a_gateway_is_asked_every_few_seconds_and_not_by_every_look() {
    let (mut shop, fake) = stripe_shop().await;
    shop.order(ORDER, "stripe").await.expect(201);
    asked(&shop).await;
    let before = fake.questions();
    for _ in 0..9 {
        shop.mei.get(&format!("/api/v1/me/orders/{ORDER}")).await.expect(200);
    }
    assert_eq!(fake.questions(), before);
    asked(&shop).await;
    assert_eq!(fake.questions(), before + 1);
}

#[tokio::test]
async fn a_beginning_whose_answer_was_lost_is_begun_again_and_is_one_payment() {
    let (mut shop, fake) = stripe_shop().await;
    fake.breaks_once(502);
    assert_eq!(shop.order(ORDER, "stripe").await.problem(502), "gateway_down");
    assert_eq!(shop.listed(ORDER).await["next"], Value::Null);
    shop.order(ORDER, "stripe").await.expect(201);
    assert_eq!(fake.sessions(), 1);
}

#[tokio::test]
async fn a_gateway_that_declines_closes_the_order_and_one_that_is_gone_does_not() {
    let fake = Arc::new(FakeStripe::default());
    let config = stripe::config(&serve(fake).await).replace(stripe::KEY, "sk_test_another_key");
    let mut shop = Shop::open(&config).await;
    assert_eq!(shop.order(ORDER, "stripe").await.problem(409), "payment_declined");
    assert_eq!(shop.status(ORDER).await, "closed");
    let mut shop = Shop::open(&stripe::config("http://127.0.0.1:1")).await;
    assert_eq!(shop.order(ORDER, "stripe").await.problem(502), "gateway_down");
    assert_eq!(shop.status(ORDER).await, "open");
}

#[tokio::test]
async fn the_job_asks_when_nobody_calls_back_and_gives_up_in_the_end() {
    let (mut shop, fake) = stripe_shop().await;
    shop.order(ORDER, "stripe").await.expect(201);
    let never = shop.mei.id();
    shop.order(&never, "manual").await.expect(201);
    assert_eq!(shop.app.app.ask_gateways().await.unwrap(), 0, "it is too early");
    shop.app.clock.advance(Duration::from_secs(121));
    assert_eq!(shop.app.app.ask_gateways().await.unwrap(), 1);
    assert_eq!(shop.app.app.ask_gateways().await.unwrap(), 0);
    fake.pays("paid");
    shop.app.clock.advance(Duration::from_secs(121));
    shop.app.app.ask_gateways().await.unwrap();
    assert_eq!(shop.listed_by_owner(ORDER).await["status"], "paid");
    shop.app.clock.advance(Duration::from_secs(100 * 24 * 3_600));
    assert_eq!(shop.app.app.ask_gateways().await.unwrap(), 0, "what is paid is not asked about");

    let (mut shop, _) = stripe_shop().await;
    shop.order(ORDER, "stripe").await.expect(201);
    for _ in 0..60 {
        shop.app.clock.advance(Duration::from_secs(1_800));
        shop.app.app.ask_gateways().await.unwrap();
    }
    assert_eq!(shop.listed_by_owner(ORDER).await["status"], "closed");
    shop.app.clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(shop.app.app.ask_gateways().await.unwrap(), 0);
    is_sound(&shop.app).await;
}

#[tokio::test]
async fn money_that_is_asked_back_leaves_the_wallet_at_once() {
    let (mut shop, fake) = stripe_shop().await;
    shop.order(ORDER, "stripe").await.expect(201);
    fake.pays("paid");
    asked(&shop).await;
    // The gateway carries it out, and its answer is lost: the refund goes on by itself, and is one.
    fake.breaks_once(500);
    let id = shop.mei.id();
    assert_eq!(refund(&mut shop, &id, "pi_1", 8_800_000).await.problem(502), "gateway_down");
    shop.has(80 * YUAN).await;
    shop.app.clock.advance(Duration::from_secs(61));
    assert_eq!(shop.app.app.ask_gateways().await.unwrap(), 1);
    assert_eq!(fake.refunds(), 1);
    shop.has(80 * YUAN).await;
    refund(&mut shop, &id, "pi_1", 8_800_000).await.expect(200);
    assert_eq!((fake.refunds(), shop.status(ORDER).await), (1, "partly_refunded".to_owned()));
    shop.app.clock.advance(Duration::from_secs(61));
    assert_eq!(shop.app.app.ask_gateways().await.unwrap(), 0, "its end is known");
}

#[tokio::test]
async fn a_refund_that_never_reached_the_gateway_is_sent_again() {
    let home = Home::new();
    let fake = Arc::new(FakeStripe::default());
    let config = stripe::config(&serve(Arc::clone(&fake)).await);
    let mut shop = Shop::open_in(&home, &config).await;
    shop.order(ORDER, "stripe").await.expect(201);
    fake.pays("paid");
    asked(&shop).await;
    // A life in which the gateway cannot be reached, as when the process is killed before it asks.
    let cut_off = TestApp::build().home(&home).payments(&stripe::config("http://127.0.0.1:1")).start().await;
    let mut owner = cut_off.anonymous().with_session(&shop.owner.session());
    let body = json!({"id": owner.id(), "payment": "pi_1", "micros": PRICE});
    let answer = owner.post(&format!("/api/v1/orders/{ORDER}/refund"), body).await;
    assert_eq!(answer.problem(502), "gateway_down");
    assert_eq!(fake.refunds(), 0);
    drop(cut_off);

    let next = TestApp::build().home(&home).payments(&config).start().await;
    next.clock.advance(Duration::from_secs(121));
    assert_eq!(next.app.ask_gateways().await.unwrap(), 1);
    assert_eq!(fake.refunds(), 1);
    shop.has(0).await;
    assert_eq!(shop.status(ORDER).await, "refunded");
}

#[tokio::test]
async fn a_refund_that_is_declined_comes_back_to_the_wallet_and_a_person_is_told() {
    let fake = Arc::new(FakeWechat::default());
    let mut shop = Shop::open(&wechat::config(&serve(Arc::clone(&fake)).await)).await;
    let placed = shop.order(ORDER, "wechat").await.expect(201).json();
    assert_eq!(placed["next"]["next"], "scan");
    fake.pays();
    assert_eq!(asked(&shop).await["status"], "paid");
    let id = shop.mei.id();
    let order = refund(&mut shop, &id, "4200000991", 8_800_000).await.expect(200).json();
    assert_eq!(order["status"], "partly_refunded", "it is on its way");
    shop.has(80 * YUAN).await;
    fake.refunds_become("CLOSED");
    assert_eq!(asked(&shop).await["status"], "paid");
    shop.has(PRICE).await;
    assert_eq!(shop.flags().await, ["refund_failed"]);
    let seen = shop.owner.post(&format!("/api/v1/orders/{ORDER}/seen"), json!({})).await.expect(200).json();
    assert_eq!((&seen["seen"], shop.flags().await.len()), (&json!(true), 0));
}

#[tokio::test]
async fn what_the_member_has_spent_is_not_given_back() {
    let mut shop = Shop::open("").await;
    shop.order(ORDER, "manual").await.expect(201);
    shop.owner.post(&format!("/api/v1/orders/{ORDER}/confirm"), json!({})).await.expect(200);
    spend(&shop, 80 * YUAN).await;
    let id = shop.mei.id();
    let refused = refund(&mut shop, &id, &format!("by-hand:{ORDER}"), PRICE).await;
    assert_eq!(refused.problem(400), "invalid_request");
    assert!(refused.json()["detail"].as_str().unwrap().contains("spent"), "{}", refused.text());
    shop.has(8_800_000).await;
}

/// Somebody gave money back at the gateway's own page that mei has spent: revenue bears what the wallet lacks.
#[tokio::test]
async fn money_given_back_elsewhere_never_takes_the_wallet_below_nothing() {
    let (mut shop, fake) = stripe_shop().await;
    shop.order(ORDER, "stripe").await.expect(201);
    fake.pays("paid");
    asked(&shop).await;
    spend(&shop, 80 * YUAN).await;
    let refunded = stripe::refunded_event("pi_1", 8_880, fakegateways::now());
    shop.hears("stripe", &refunded).await.expect(200);
    shop.has(0).await;
    assert_eq!(shop.status(ORDER).await, "refunded");
}

async fn spend(shop: &Shop, micros: i64) {
    use ledger::{Account, Act, Command, Reason};
    let actor = shop.app.scope_of(&shop.mei).await;
    let money = money::Amount::from_micros(micros).of("CNY".parse().unwrap());
    let (from, to) = (Account::Wallet(actor.member_id), Account::Revenue);
    let act = Act::Transfer { reason: Reason::Purchase, from, to, money };
    let command = Command { id: shop.app.id(), at: stdx::Clock::now(&shop.app.clock), act };
    let commands = std::slice::from_ref(&command);
    let mut sheet = store::ledger::Sheet::read(&shop.app.db, actor.workspace_id, commands).await.unwrap();
    let mut batch = store::Batch::new(store::Durability::Full);
    batch.extend(sheet.perform(&command).unwrap());
    shop.app.db.write(batch).await.unwrap();
}
