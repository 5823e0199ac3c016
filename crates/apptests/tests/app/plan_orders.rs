//! Plans bought through gateways: whatever comes to a webhook, a plan begins exactly once or not at all, what was paid is
//! never lost, and the books are in order.

use std::sync::Arc;
use std::time::Duration;

use fakegateways::stripe::{self, FakeStripe};
use fakegateways::{Message, ORDER, Voice, money, now, serve, voices};
use serde_json::{Value, json};
use testkit::{Home, TestApp};
use tokio::task::JoinSet;

use crate::shop::{Shop, credits, hears, is_sound};

const YUAN: i64 = 1_000_000;
const PLUS: i64 = 39 * YUAN;
const DAY: Duration = Duration::from_secs(86_400);

/// A plan that mei cannot choose: a role's own.
const RETIRED: &str = r#"
id = "plus"
rank = 1
roles = ["guest"]
name = { zh = "进阶版", en = "Plus" }
at_end = { then = "stop" }
[price]
currency = "CNY"
amount = "39.00"
every = "month"
[access]
agents = ["*"]
models = ["*"]
tools = ["*"]
apps = []
[limits]
concurrent_runs = 1
weight = 1
"#;

/// Where mei has ordered the plan `plus`.
async fn ordered(voice: &Voice) -> Shop {
    let mut shop = Shop::open(&(voice.config)(&voice.served().await)).await;
    shop.order_plan(ORDER, "plus", voice.name).await.expect(201);
    shop
}

fn paid(voice: &Voice) -> Message {
    (voice.paid)("p1", money("39.00", "CNY"), now())
}

impl Shop {
    async fn order_plan(&mut self, id: &str, plan: &str, gateway: &str) -> testkit::Answer {
        let wish = json!({"id": id, "product": {"product": "plan", "plan": plan}, "gateway": gateway});
        self.mei.post("/api/v1/me/orders", wish).await
    }

    async fn buys(&mut self, plan: &str) {
        self.mei.post("/api/v1/me/plan", json!({"plan": plan})).await.expect(200);
    }

    /// The owner puts money into mei's wallet.
    async fn gives(&mut self, micros: i64) {
        let (id, mei) = (self.owner.id(), self.app.scope_of(&self.mei).await.member_id);
        let body = json!({"id": id, "amount": {"micros": micros, "currency": "CNY"}});
        self.owner.post(&format!("/api/v1/members/{mei}/wallet"), body).await.expect(200);
    }

    async fn plan(&self) -> Value {
        self.mei.get("/api/v1/me/plan").await.expect(200).json()
    }

    async fn delivery(&self) -> Value {
        self.listed_by_owner(ORDER).await["delivery"].clone()
    }

    /// Mei has this plan and so much in the wallet, and the books are in order.
    async fn ends_with(&self, plan: &str, micros: i64, delivery: Value) {
        let has = self.plan().await;
        assert_eq!((&has["plan"]["id"], &has["wallet_micros"]), (&json!(plan), &json!(micros)), "{has}");
        let found = self.delivery().await;
        match delivery {
            Value::String(word) => assert_eq!(found["delivery"], word),
            other => assert_eq!(found, other),
        }
        is_sound(&self.app).await;
    }

    /// How often a plan was paid.
    async fn purchases(&self) -> usize {
        let wallet = self.mei.get("/api/v1/me/wallet").await.expect(200).json();
        let moves = wallet["movements"].as_array().unwrap().iter();
        let sum: i64 = moves.clone().map(|one| one["amount"]["micros"].as_i64().unwrap()).sum();
        assert_eq!(sum, wallet["balance"]["micros"].as_i64().unwrap(), "{wallet}");
        moves.filter(|one| one["reason"] == "purchase").count()
    }

    async fn gives_back(&mut self, payment: &str, micros: i64) -> testkit::Answer {
        let body = json!({"id": self.owner.id(), "payment": payment, "micros": micros});
        self.owner.post(&format!("/api/v1/orders/{ORDER}/refund"), body).await
    }
}

fn credited(because: &str) -> Value {
    json!({"delivery": "credited", "because": because})
}

#[tokio::test]
async fn a_plan_that_is_paid_begins_once_however_often_it_is_told() {
    for voice in voices() {
        let shop = ordered(&voice).await;
        assert_eq!((shop.delivery().await, &shop.plan().await["plan"]["id"]), (Value::Null, &json!("free")));
        for _ in 0..5 {
            let answer = shop.hears(voice.name, &paid(&voice)).await;
            assert_eq!((answer.status, answer.text().as_str()), (200, voice.acknowledged));
        }
        shop.ends_with("plus", 0, json!("begun")).await;
        let held = shop.plan().await["subscription"].clone();
        assert_eq!(
            (&held["plan"], &held["is_paid"], &held["next"]),
            (&json!("plus"), &json!(true), &json!({"then": "renew"}))
        );
        assert_eq!(held["period_begin"], shop.delivery().await["at"]);
        assert_eq!((shop.credits().await, shop.purchases().await, shop.flags().await.len()), (1, 1, 0));
        let wallet = shop.mei.get("/api/v1/me/wallet").await.expect(200).json();
        let told: Vec<_> = wallet["movements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (&one["reason"], one.get("plan")))
            .collect();
        assert_eq!(told, [(&json!("purchase"), Some(&json!("plus"))), (&json!("top_up"), None)]);
    }
}

#[tokio::test]
async fn twenty_copies_at_once_begin_one_plan() {
    for voice in voices() {
        let shop = ordered(&voice).await;
        let message = Arc::new(paid(&voice));
        let shop = Arc::new(shop);
        let mut copies = JoinSet::new();
        for n in 0..20 {
            let (shop, message) = (Arc::clone(&shop), Arc::clone(&message));
            copies.spawn(async move {
                if n % 4 == 0 {
                    drop(shop.plan().await);
                }
                shop.hears(voice.name, &message).await.status
            });
        }
        assert_eq!(copies.join_all().await, [200; 20], "{}", voice.name);
        shop.ends_with("plus", 0, json!("begun")).await;
        assert_eq!((shop.credits().await, shop.purchases().await), (1, 1));
    }
}

/// Whichever comes first pays the plan; the other money is in the wallet.
#[tokio::test]
async fn the_wallet_and_a_gateway_at_once_pay_one_plan() {
    for voice in voices() {
        let mut shop = ordered(&voice).await;
        shop.gives(PLUS).await;
        let (message, shop) = (Arc::new(paid(&voice)), Arc::new(shop));
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            let (one, other, message) = (Arc::clone(&shop), Arc::clone(&shop), Arc::clone(&message));
            tasks.spawn(async move { one.hears(voice.name, &message).await.status });
            tasks.spawn(async move {
                other.mei.clone().post("/api/v1/me/plan", json!({"plan": "plus"})).await.status
            });
        }
        assert_eq!(tasks.join_all().await, [200; 12], "{}", voice.name);
        let delivery = shop.delivery().await["delivery"].clone();
        assert!(delivery == "begun" || delivery == "credited", "{delivery}");
        shop.ends_with("plus", PLUS, delivery).await;
        assert_eq!(shop.purchases().await, 1);
    }
}

#[tokio::test]
async fn money_that_comes_after_the_order_lapsed_begins_the_plan() {
    for voice in voices() {
        let mut shop = ordered(&voice).await;
        shop.mei.post(&format!("/api/v1/me/orders/{ORDER}/cancel"), json!({})).await.expect(200);
        let late = Duration::from_secs(5 * 3_600);
        let scope = shop.app.scope_of(&shop.mei).await;
        shop.app.clock.advance(late);
        shop.mei = shop.app.session_of(scope).await;
        let message = (voice.paid)("p1", money("39.00", "CNY"), now().plus(late));
        shop.hears(voice.name, &message).await.expect(200);
        shop.ends_with("plus", 0, json!("begun")).await;
    }
}

#[tokio::test]
async fn a_wrong_amount_or_currency_begins_nothing_and_a_person_is_told() {
    for voice in voices() {
        for (amount, currency, flag) in [
            ("38.99", "CNY", "wrong_amount"),
            ("199.00", "CNY", "wrong_amount"),
            ("39.00", "HKD", "wrong_currency"),
        ] {
            let shop = ordered(&voice).await;
            shop.hears(voice.name, &(voice.paid)("p1", money(amount, currency), now())).await.expect(200);
            assert_eq!(shop.flags().await, [flag], "{}", voice.name);
            shop.ends_with("free", 0, Value::Null).await;
        }
    }
}

#[tokio::test]
async fn who_has_no_less_by_then_has_the_money_in_the_wallet() {
    for voice in voices() {
        for plan in ["plus", "pro"] {
            let mut shop = ordered(&voice).await;
            shop.gives(199 * YUAN).await;
            shop.buys(plan).await;
            let left = shop.wallet().await;
            for _ in 0..2 {
                shop.hears(voice.name, &paid(&voice)).await.expect(200);
                shop.ends_with(plan, left + PLUS, credited("not_above")).await;
            }
            assert_eq!(shop.status(ORDER).await, "paid");
        }
        // Who pays two orders has one plan and the price of the other.
        let mut shop = ordered(&voice).await;
        shop.hears(voice.name, &paid(&voice)).await.expect(200);
        let refused = shop.order_plan(&shop.mei.clone().id(), "plus", voice.name).await;
        assert_eq!(refused.problem(409), "plan_unavailable");
    }
}

#[tokio::test]
async fn a_higher_plan_begins_and_what_is_unused_goes_into_the_wallet() {
    for voice in voices() {
        let mut shop = Shop::open(&(voice.config)(&voice.served().await)).await;
        shop.gives(PLUS).await;
        shop.buys("plus").await;
        shop.order_plan(ORDER, "pro", voice.name).await.expect(201);
        shop.hears(voice.name, &(voice.paid)("p1", money("199.00", "CNY"), now())).await.expect(200);
        let has = shop.plan().await;
        let back = has["wallet_micros"].as_i64().unwrap();
        assert!((PLUS - 100..=PLUS).contains(&back), "all of it, to the moment: {has}");
        shop.ends_with("pro", back, json!("begun")).await;
        assert_eq!(shop.purchases().await, 2);
    }
}

#[tokio::test]
async fn a_plan_that_was_retired_is_not_begun_and_the_money_is_in_the_wallet() {
    for voice in voices() {
        let home = Home::new();
        let config = (voice.config)(&voice.served().await);
        let mut before = Shop::open_in(&home, &config).await;
        before.order_plan(ORDER, "plus", voice.name).await.expect(201);
        let app = TestApp::build().home(&home).payments(&config).plan("plus", RETIRED).start().await;
        let mei = app.anonymous().with_session(&before.mei.session());
        let mut shop = Shop { app, owner: before.owner.clone(), mei };
        // The same wish again is answered with the order there is.
        shop.order_plan(ORDER, "plus", voice.name).await.expect(201);
        shop.hears(voice.name, &paid(&voice)).await.expect(200);
        shop.ends_with("free", PLUS, credited("not_offered")).await;
    }
}

#[tokio::test]
async fn who_is_suspended_has_the_money_in_the_wallet() {
    for voice in voices() {
        let mut shop = ordered(&voice).await;
        let path = format!("/api/v1/members/{}", shop.app.scope_of(&shop.mei).await.member_id);
        shop.owner.patch(&path, json!({"suspended": true})).await.expect(200);
        shop.hears(voice.name, &paid(&voice)).await.expect(200);
        assert_eq!(shop.delivery().await, credited("inactive"));
        shop.owner.patch(&path, json!({"suspended": false})).await.expect(200);
        let scope =
            store::Scope { member_id: path[16..].parse().unwrap(), ..shop.app.scope_of(&shop.owner).await };
        shop.mei = shop.app.session_of(scope).await;
        shop.ends_with("free", PLUS, credited("inactive")).await;
    }
}

#[tokio::test]
async fn a_crash_after_the_batch_is_made_good_by_the_repetition() {
    for voice in voices() {
        let home = Home::new();
        let config = (voice.config)(&voice.served().await);
        let mut first = Shop::open_in(&home, &config).await;
        first.order_plan(ORDER, "plus", voice.name).await.expect(201);
        drop(first.hears(voice.name, &paid(&voice)).await);
        let second = TestApp::build().home(&home).payments(&config).start().await;
        hears(&second, voice.name, &paid(&voice)).await.expect(200);
        assert_eq!(credits(&second).await, 1);
        let mei = second.anonymous().with_session(&first.mei.session());
        Shop { app: second, owner: first.owner, mei }.ends_with("plus", 0, json!("begun")).await;
    }
}

#[tokio::test]
async fn a_plan_ends_when_its_price_is_given_back_and_not_before() {
    for voice in voices() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2]] {
            let shop = ordered(&voice).await;
            let messages =
                [paid(&voice), (voice.refunded)("p1", 900, now()), (voice.refunded)("p1", 3_900, now())];
            for (step, at) in order.into_iter().enumerate() {
                shop.hears(voice.name, &messages[at]).await.expect(200);
                if (step, at) == (1, 1) {
                    shop.ends_with("plus", 0, json!("begun")).await;
                }
            }
            shop.ends_with("free", 0, json!("ended")).await;
            let ended = shop.plan().await["ended"].clone();
            assert_eq!((&ended["plan"], &ended["because"]), (&json!("plus"), &json!("over")));
        }
    }
}

#[tokio::test]
async fn a_part_that_was_given_back_is_not_given_back_again_by_a_higher_plan() {
    for voice in voices() {
        let mut shop = ordered(&voice).await;
        shop.hears(voice.name, &paid(&voice)).await.expect(200);
        shop.hears(voice.name, &(voice.refunded)("p1", 900, now())).await.expect(200);
        shop.gives(199 * YUAN).await;
        shop.buys("pro").await;
        let left = shop.wallet().await;
        assert!((30 * YUAN - 100..=30 * YUAN).contains(&left), "{left}");
        // What else goes back comes out of the wallet: the period that was paid is over.
        shop.gives(YUAN).await;
        shop.hears(voice.name, &(voice.refunded)("p1", 3_900, now())).await.expect(200);
        shop.ends_with("pro", left + YUAN - 30 * YUAN, json!("begun")).await;
    }
}

#[tokio::test]
async fn an_order_that_is_paid_by_hand_begins_and_ends_a_plan_too() {
    let mut shop = Shop::open("").await;
    shop.order_plan(ORDER, "plus", "manual").await.expect(201);
    for _ in 0..2 {
        shop.owner.post(&format!("/api/v1/orders/{ORDER}/confirm"), json!({})).await.expect(200);
        shop.ends_with("plus", 0, json!("begun")).await;
    }
    let payment = format!("by-hand:{ORDER}");
    shop.gives_back(&payment, 10 * YUAN).await.expect(200);
    shop.ends_with("plus", 0, json!("begun")).await;
    shop.gives_back(&payment, 29 * YUAN).await.expect(200);
    shop.ends_with("free", 0, json!("ended")).await;
    assert_eq!(shop.status(ORDER).await, "refunded");
}

#[tokio::test]
async fn the_next_period_is_paid_from_the_wallet_and_is_not_the_orders_to_give_back() {
    let mut shop = Shop::open("").await;
    shop.order_plan(ORDER, "plus", "manual").await.expect(201);
    shop.owner.post(&format!("/api/v1/orders/{ORDER}/confirm"), json!({})).await.expect(200);
    shop.gives(PLUS).await;
    let (scope, owner) = (shop.app.scope_of(&shop.mei).await, shop.app.scope_of(&shop.owner).await);
    shop.app.clock.advance(31 * DAY);
    shop.app.app.turn_plans().await.unwrap();
    (shop.mei, shop.owner) = (shop.app.session_of(scope).await, shop.app.session_of(owner).await);
    shop.ends_with("plus", 0, json!("begun")).await;
    let payment = format!("by-hand:{ORDER}");
    assert_eq!(shop.gives_back(&payment, PLUS).await.problem(400), "invalid_request");
    shop.gives(PLUS).await;
    shop.gives_back(&payment, PLUS).await.expect(200);
    shop.ends_with("plus", 0, json!("begun")).await;
}

#[tokio::test]
async fn a_dispute_ends_the_plan_and_one_that_is_won_is_credit() {
    let voice = &voices()[0];
    let shop = ordered(voice).await;
    shop.hears("stripe", &paid(voice)).await.expect(200);
    let dispute = json!({"id": "dp_1", "object": "dispute", "amount": 3_900, "currency": "cny", "charge": "ch_1",
        "payment_intent": "p1", "status": "needs_response"});
    for _ in 0..2 {
        let event = stripe::event("charge.dispute.funds_withdrawn", &dispute, now());
        shop.hears("stripe", &event).await.expect(200);
        shop.ends_with("free", 0, json!("ended")).await;
    }
    assert_eq!(shop.flags().await, ["disputed"]);
    let won = stripe::event("charge.dispute.funds_reinstated", &dispute, now());
    shop.hears("stripe", &won).await.expect(200);
    shop.ends_with("free", PLUS, credited("came_back")).await;
}

#[tokio::test]
async fn whoever_waits_on_the_page_has_the_plan() {
    let fake = Arc::new(FakeStripe::default());
    let mut shop = Shop::open(&stripe::config(&serve(Arc::clone(&fake)).await)).await;
    let placed = shop.order_plan(ORDER, "plus", "stripe").await.expect(201).json();
    assert_eq!(placed["product"], json!({"product": "plan", "plan": "plus"}));
    assert_eq!(placed["price"], json!({"micros": PLUS, "currency": "CNY"}));
    fake.pays("paid");
    shop.app.clock.advance(Duration::from_secs(3));
    let order = shop.mei.get(&format!("/api/v1/me/orders/{ORDER}")).await.expect(200).json();
    assert_eq!((&order["status"], &order["delivery"]["delivery"]), (&json!("paid"), &json!("begun")));
    shop.ends_with("plus", 0, json!("begun")).await;
}

#[tokio::test]
async fn what_could_not_begin_is_refused_before_anything_is_kept() {
    let mut shop = Shop::open("").await;
    for plan in ["gold", "free", "house", ""] {
        let id = shop.mei.id();
        assert_eq!(shop.order_plan(&id, plan, "manual").await.problem(409), "plan_unavailable", "{plan}");
    }
    shop.gives(199 * YUAN).await;
    shop.buys("pro").await;
    for plan in ["pro", "plus"] {
        let id = shop.mei.id();
        assert_eq!(shop.order_plan(&id, plan, "manual").await.problem(409), "plan_unavailable", "{plan}");
    }
    assert_eq!(shop.mei.get("/api/v1/me/orders").await.json()["items"], json!([]));
    // An order's id stands for one wish.
    let mut shop = Shop::open("").await;
    shop.order_plan(ORDER, "plus", "manual").await.expect(201);
    assert_eq!(shop.order_plan(ORDER, "pro", "manual").await.problem(409), "conflict");
    assert_eq!(shop.order(ORDER, "manual").await.problem(409), "conflict");
}
