//! Plans at work: bought, tried, raised, lowered, renewed and ended, each paid exactly once.

use std::time::Duration;

use app::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Answer, Client, Home, TestApp};

use crate::money::{is_sound, top_up};

const DAY: Duration = Duration::from_secs(86_400);
const YUAN: i64 = 1_000_000;

async fn shop() -> (TestApp, Client) {
    let app = TestApp::start().await;
    app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    (app, mei)
}

async fn buy(client: &Client, plan: &str) -> Answer {
    client.clone().post("/api/v1/me/plan", json!({"plan": plan})).await
}

async fn attempt(client: &Client, plan: &str) -> Answer {
    client.clone().post("/api/v1/me/plan", json!({"plan": plan, "trial": true})).await
}

async fn next(client: &Client, wish: Value) -> Answer {
    client.clone().put("/api/v1/me/plan/next", wish).await
}

async fn plan(client: &Client) -> Value {
    client.get("/api/v1/me/plan").await.expect(200).json()
}

fn micros(document: &Value) -> i64 {
    assert_eq!(document["currency"], "CNY", "{document}");
    document["micros"].as_i64().unwrap()
}

/// What is in the wallet; all movements add up to it.
async fn balance(client: &Client) -> i64 {
    let wallet = client.get("/api/v1/me/wallet").await.expect(200).json();
    let movements = wallet["movements"].as_array().unwrap();
    let sum: i64 = movements.iter().map(|movement| micros(&movement["amount"])).sum();
    assert_eq!(sum, micros(&wallet["balance"]), "{wallet}");
    sum
}

/// A fresh browser of the same member, after a long time.
async fn later(app: &TestApp, client: &Client, span: Duration) -> Client {
    let scope = app.scope_of(client).await;
    app.clock.advance(span);
    app.session_of(scope).await
}

#[tokio::test]
async fn a_plan_is_paid_from_the_wallet_and_counts_at_once() {
    let (app, mei) = shop().await;
    let before = plan(&mei).await;
    assert_eq!((&before["plan"]["id"], before.get("subscription")), (&json!("free"), None));
    assert_eq!(before["can_try"], json!(["plus"]));

    let refused = buy(&mei, "plus").await;
    assert_eq!(refused.problem(402), "wallet_empty");
    assert_eq!(
        refused.json()["remedies"],
        json!([{"kind": "top_up", "micros": 39 * YUAN, "currency": "CNY"}])
    );
    top_up(&app, &mei, 40 * YUAN).await;
    app.clock.advance(Duration::from_millis(1));
    let bought = buy(&mei, "plus").await.expect(200).json();
    assert_eq!(bought["plan"]["id"], "plus");
    assert_eq!(
        bought["subscription"],
        json!({
            "plan": "plus", "is_trial": false, "is_paid": true,
            "period_begin": "2026-11-22T08:00:00.002Z", "period_end": "2026-12-22T08:00:00.002Z",
            "next": {"then": "renew"}, "renewal": {"micros": 39 * YUAN, "currency": "CNY"},
        })
    );
    assert_eq!((&bought["wallet_micros"], &bought["can_try"]), (&json!(YUAN), &json!([])));
    let wallet = mei.get("/api/v1/me/wallet").await.expect(200).json();
    assert_eq!(
        (&wallet["movements"][0]["reason"], &wallet["movements"][0]["plan"]),
        (&json!("purchase"), &json!("plus"))
    );
    // Buying what is held is what a button does that is pressed twice.
    assert_eq!(buy(&mei, "plus").await.expect(200).json(), bought);
    assert_eq!(balance(&mei).await, YUAN);
    is_sound(&app).await;
}

#[tokio::test]
async fn of_two_who_buy_at_once_one_pays() {
    let (app, mei) = shop().await;
    top_up(&app, &mei, 500 * YUAN).await;
    let answers = join_all((0..16).map(|_| buy(&mei, "plus"))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(balance(&mei).await, 461 * YUAN);
    // Different plans at once: the lower one first and the higher one after, or the higher one alone.
    let (app, mei) = shop().await;
    top_up(&app, &mei, 500 * YUAN).await;
    let wishes = (0..16).map(|n| buy(&mei, if n % 2 == 0 { "plus" } else { "pro" }));
    for answer in join_all(wishes).await {
        assert!(answer.status == 200 || answer.problem(409) == "plan_unavailable", "{answer:?}");
    }
    assert_eq!(plan(&mei).await["plan"]["id"], "pro");
    // What was paid for plus came back, to the last micro-unit or to the moment that passed.
    assert_eq!(balance(&mei).await, 301 * YUAN);
    is_sound(&app).await;
}

#[tokio::test]
async fn an_upgrade_gives_back_what_is_unused_before_it_is_paid() {
    let (app, mei) = shop().await;
    top_up(&app, &mei, 39 * YUAN).await;
    buy(&mei, "plus").await.expect(200);
    let mei = later(&app, &mei, 15 * DAY).await;
    let quote = |plan: &str| {
        let (mut mei, plan) = (mei.clone(), plan.to_owned());
        async move { mei.post("/api/v1/me/plan/quote", json!({"plan": plan})).await }
    };
    let quoted = quote("pro").await.expect(200).json();
    let credit = micros(&quoted["credit"]);
    assert!((19_499_000..=19_500_000).contains(&credit), "half of 39.00: {quoted}");
    assert_eq!((micros(&quoted["charge"]), micros(&quoted["missing"])), (199 * YUAN, 199 * YUAN - credit));
    let refused = buy(&mei, "pro").await;
    assert_eq!(refused.problem(402), "wallet_empty");
    assert_eq!(refused.json()["remedies"][0]["micros"], json!(199 * YUAN - credit));
    assert_eq!(plan(&mei).await["plan"]["id"], "plus", "nothing was changed");

    top_up(&app, &mei, 199 * YUAN - credit).await;
    let bought = buy(&mei, "pro").await.expect(200).json();
    assert_eq!((&bought["plan"]["id"], &bought["wallet_micros"]), (&json!("pro"), &json!(0)));
    assert_eq!(quote("plus").await.problem(409), "plan_unavailable");
    assert_eq!(buy(&mei, "plus").await.problem(409), "plan_unavailable");
    for unknown in ["gold", "free", "house"] {
        assert_eq!(buy(&mei, unknown).await.problem(409), "plan_unavailable", "{unknown}");
    }
    is_sound(&app).await;
}

#[tokio::test]
async fn a_plan_gates_what_it_gates_for_members_and_their_keys() {
    let narrow = r#"
id = "free"
rank = 0
name = { zh = "小", en = "Small" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["other-*"], tools = [], apps = [] }
limits = { concurrent_runs = 2, weight = 1 }
"#;
    let app = TestApp::build().plan("free", narrow).start().await;
    app.owner().await;
    let mut mei = app.member("mei", Role::Member).await;
    let mut program = app.key_of(&mei).await;
    let call = json!({"model": "tiny-chat", "messages": [{"role": "user", "content": "hi"}]});
    let thread = mei.open_thread("ask").await;
    let runs = format!("/api/v1/threads/{thread}/runs");
    let question = mei.question(None, "hello");
    assert_eq!(mei.post(&runs, question).await.problem(403), "plan_required");
    program.post("/v1/chat/completions", call.clone()).await.expect(403);

    top_up(&app, &mei, 39 * YUAN).await;
    buy(&mei, "plus").await.expect(200);
    let run = mei.ask(&thread, "hello").await;
    assert_eq!(mei.finished(&run).await["state"], "succeeded");
    program.post("/v1/chat/completions", call.clone()).await.expect(200);

    // Its end is felt at once, whether or not anybody swept.
    next(&mei, json!({"then": "end"})).await.expect(200);
    let mut mei = later(&app, &mei, 30 * DAY).await;
    program.post("/v1/chat/completions", call).await.expect(403);
    let question = mei.question(None, "hello");
    assert_eq!(mei.post(&runs, question).await.problem(403), "plan_required");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_period_is_renewed_once_whoever_sweeps() {
    let home = Home::new();
    let first = TestApp::build().home(&home).start().await;
    first.owner().await;
    let mei = first.member("mei", Role::Member).await;
    top_up(&first, &mei, 100 * YUAN).await;
    buy(&mei, "plus").await.expect(200);
    let scope = first.scope_of(&mei).await;
    let second = TestApp::build().home(&home).start().await;
    for app in [&first, &second] {
        app.clock.advance(30 * DAY + DAY);
    }
    let sweeps = (0..16).map(|n| if n % 2 == 0 { first.app.turn_plans() } else { second.app.turn_plans() });
    for swept in join_all(sweeps).await {
        swept.unwrap();
    }
    let mei = second.session_of(scope).await;
    let renewed = plan(&mei).await;
    assert_eq!(renewed["subscription"]["period_begin"], "2026-12-22T08:00:00.001Z", "{renewed}");
    assert_eq!(balance(&mei).await, 22 * YUAN, "39.00 twice");
    assert_eq!(second.app.turn_plans().await.unwrap(), 0);
    is_sound(&second).await;
}

#[tokio::test]
async fn a_plan_that_cannot_be_paid_ends_and_says_why() {
    let (app, mei) = shop().await;
    top_up(&app, &mei, 39 * YUAN).await;
    buy(&mei, "plus").await.expect(200);
    let mei = later(&app, &mei, 30 * DAY).await;
    assert_eq!(app.app.turn_plans().await.unwrap(), 1);
    let ended = plan(&mei).await;
    assert_eq!((&ended["plan"]["id"], ended.get("subscription")), (&json!("free"), None));
    assert_eq!(
        ended["ended"],
        json!({"plan": "plus", "at": "2026-12-22T08:00:00.001Z", "because": "unpaid"})
    );
    // It can be bought again, and is a new one.
    top_up(&app, &mei, 39 * YUAN).await;
    let bought = buy(&mei, "plus").await.expect(200).json();
    assert_eq!((&bought["plan"]["id"], bought.get("ended")), (&json!("plus"), None));
    assert_eq!(balance(&mei).await, 0);
    is_sound(&app).await;
}

#[tokio::test]
async fn the_way_down_and_out_waits_for_the_end_and_can_be_taken_back() {
    let (app, mei) = shop().await;
    assert_eq!(next(&mei, json!({"then": "end"})).await.problem(409), "plan_unavailable");
    top_up(&app, &mei, 300 * YUAN).await;
    buy(&mei, "pro").await.expect(200);
    let down = next(&mei, json!({"then": "change", "plan": "plus"})).await.expect(200).json();
    assert_eq!(
        (&down["plan"]["id"], &down["subscription"]["next"]),
        (&json!("pro"), &json!({"then": "change", "plan": "plus"}))
    );
    assert_eq!(micros(&down["subscription"]["renewal"]), 39 * YUAN);
    let back = next(&mei, json!({"then": "renew"})).await.expect(200).json();
    assert_eq!(micros(&back["subscription"]["renewal"]), 199 * YUAN);
    let out = next(&mei, json!({"then": "change", "plan": "free"})).await.expect(200).json();
    assert_eq!(out["subscription"]["next"], json!({"then": "end"}), "down to nothing is the way out");
    assert_eq!(micros(&out["subscription"]["renewal"]), 0);
    for (wish, code) in [
        (json!({"then": "change", "plan": "gold"}), (409, "plan_unavailable")),
        (json!({"then": "change", "plan": "house"}), (409, "plan_unavailable")),
        (json!({"then": "change"}), (400, "invalid_request")),
        (json!({"then": "end", "plan": "plus"}), (400, "invalid_request")),
    ] {
        assert_eq!(next(&mei, wish.clone()).await.problem(code.0), code.1, "{wish}");
    }
    next(&mei, json!({"then": "change", "plan": "plus"})).await.expect(200);
    let mei = later(&app, &mei, 30 * DAY).await;
    let lower = plan(&mei).await;
    assert_eq!(
        (&lower["plan"]["id"], &lower["subscription"]["next"]),
        (&json!("plus"), &json!({"then": "renew"}))
    );
    assert_eq!(balance(&mei).await, 62 * YUAN);
    next(&mei, json!({"then": "end"})).await.expect(200);
    let mei = later(&app, &mei, 31 * DAY).await;
    assert_eq!(plan(&mei).await["ended"]["because"], "cancelled");
    assert_eq!(balance(&mei).await, 62 * YUAN);
    is_sound(&app).await;
}

#[tokio::test]
async fn a_plan_is_tried_once_and_then_paid_or_over() {
    let (app, mei) = shop().await;
    assert_eq!(attempt(&mei, "pro").await.problem(409), "plan_unavailable", "it has no trial");
    let answers = join_all((0..8).map(|_| attempt(&mei, "plus"))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let tried = plan(&mei).await;
    assert_eq!((&tried["plan"]["id"], &tried["subscription"]["is_trial"]), (&json!("plus"), &json!(true)));
    assert_eq!(tried["subscription"]["period_end"], "2026-11-29T08:00:00.001Z");
    assert_eq!(micros(&tried["subscription"]["renewal"]), 39 * YUAN);
    let mei = later(&app, &mei, 7 * DAY).await;
    assert_eq!(plan(&mei).await["ended"]["because"], "unpaid");
    assert_eq!(plan(&mei).await["can_try"], json!([]));
    assert_eq!(attempt(&mei, "plus").await.problem(409), "plan_unavailable");

    let lin = app.member("lan", Role::Member).await;
    top_up(&app, &lin, 39 * YUAN).await;
    attempt(&lin, "plus").await.expect(200);
    assert_eq!(balance(&lin).await, 39 * YUAN);
    let lin = later(&app, &lin, 7 * DAY).await;
    let paid = plan(&lin).await;
    assert_eq!(
        (&paid["subscription"]["is_trial"], &paid["subscription"]["is_paid"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(balance(&lin).await, 0);
    is_sound(&app).await;
}

#[tokio::test]
async fn who_holds_a_plan_that_is_gone_has_the_plan_of_their_role() {
    let home = Home::new();
    let gold = r#"
id = "gold"
rank = 7
name = { zh = "金", en = "Gold" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "30", every = "month" }
access = { agents = ["*"], models = ["*"], tools = [], apps = [] }
limits = { concurrent_runs = 2, weight = 1 }
"#;
    let first = TestApp::build().home(&home).plan("gold", gold).start().await;
    first.owner().await;
    let mei = first.member("mei", Role::Member).await;
    top_up(&first, &mei, 100 * YUAN).await;
    assert_eq!(buy(&mei, "gold").await.expect(200).json()["plan"]["id"], "gold");

    let second = TestApp::build().home(&home).start().await;
    let mei = second.anonymous().with_session(&mei.session());
    let gone = plan(&mei).await;
    assert_eq!((&gone["plan"]["id"], &gone["subscription"]["plan"]), (&json!("free"), &json!("gold")));
    assert_eq!(next(&mei, json!({"then": "renew"})).await.problem(409), "plan_unavailable");
    // Another one is bought in its place; what was paid for the lost one comes back.
    let bought = buy(&mei, "plus").await.expect(200).json();
    assert_eq!((&bought["plan"]["id"], balance(&mei).await), (&json!("plus"), 61 * YUAN));
    is_sound(&second).await;

    let third = TestApp::build().home(&home).plan("gold", gold).start().await;
    let lan = third.member("lan", Role::Member).await;
    top_up(&third, &lan, 100 * YUAN).await;
    buy(&lan, "gold").await.expect(200);
    let fourth = TestApp::build().home(&home).start().await;
    let lan = later(&fourth, &fourth.anonymous().with_session(&lan.session()), 31 * DAY).await;
    assert_eq!(plan(&lan).await["ended"]["because"], "plan_gone");
    assert_eq!(balance(&lan).await, 70 * YUAN);
}

#[tokio::test]
async fn a_suspended_member_is_not_charged() {
    let (app, mei) = shop().await;
    top_up(&app, &mei, 100 * YUAN).await;
    buy(&mei, "plus").await.expect(200);
    let id = app.scope_of(&mei).await.member_id;
    let mut admin = app.member("zhao", Role::Admin).await;
    admin.patch(&format!("/api/v1/members/{id}"), json!({"suspended": true})).await.expect(200);
    app.clock.advance(100 * DAY);
    assert_eq!(app.app.turn_plans().await.unwrap(), 0);
    let mut admin = app.member("qian", Role::Admin).await;
    admin.patch(&format!("/api/v1/members/{id}"), json!({"suspended": false})).await.expect(200);
    assert_eq!(app.app.turn_plans().await.unwrap(), 1);
    let scope = store::Scope { workspace_id: app.home_id().await, member_id: id };
    let mei = app.session_of(scope).await;
    assert_eq!(balance(&mei).await, 22 * YUAN, "the months between are not charged");
    is_sound(&app).await;
}

#[tokio::test]
async fn who_has_more_by_their_role_buys_nothing() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    top_up(&app, &lin, 500 * YUAN).await;
    assert_eq!(buy(&lin, "pro").await.problem(409), "plan_unavailable");
    assert_eq!(plan(&lin).await["can_try"], json!([]));
    assert_eq!(balance(&lin).await, 500 * YUAN);
}
