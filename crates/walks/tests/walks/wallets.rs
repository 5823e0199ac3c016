//! Wallets: cash in and out, who may see and move them, and plans that are given.

use std::time::Duration;

use app::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Answer, Client, Script, TestApp};

use crate::money::{is_sound, priced, top_up};

const YUAN: i64 = 1_000_000;

async fn shop() -> (TestApp, Client, Client, String) {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let id = app.scope_of(&mei).await.member_id.to_string();
    (app, lin, mei, id)
}

/// Fresh browsers of the same members, after a long time.
async fn later(app: &TestApp, [one, other]: [&Client; 2], span: Duration) -> (Client, Client) {
    let (one, other) = (app.scope_of(one).await, app.scope_of(other).await);
    app.clock.advance(span);
    (app.session_of(one).await, app.session_of(other).await)
}

fn cash(id: &str, micros: i64, note: &str) -> Value {
    json!({"id": id, "amount": {"micros": micros, "currency": "CNY"}, "note": note})
}

async fn pay(client: &Client, member: &str, body: Value) -> Answer {
    client.clone().post(&format!("/api/v1/members/{member}/wallet"), body).await
}

async fn assign(client: &Client, member: &str, body: Value) -> Answer {
    client.clone().put(&format!("/api/v1/members/{member}/plan"), body).await
}

#[tokio::test]
async fn cash_comes_in_and_goes_out_and_leaves_a_trail() {
    let (app, lin, mei, id) = shop().await;
    let paid = pay(&lin, &id, cash(&lin.id(), 50 * YUAN, "cash at the desk")).await.expect(200).json();
    assert_eq!(paid, json!({"balance": {"micros": 50 * YUAN, "currency": "CNY"}}));
    app.clock.advance(Duration::from_secs(1));
    pay(&lin, &id, cash(&lin.id(), -20 * YUAN, "")).await.expect(200);
    let refused = pay(&lin, &id, cash(&lin.id(), -31 * YUAN, "")).await;
    assert_eq!(refused.problem(402), "wallet_empty");
    assert!(refused.json()["detail"].as_str().unwrap().contains("30.000000"), "{}", refused.text());
    let wallet = mei.get("/api/v1/me/wallet").await.expect(200).json();
    assert_eq!(
        wallet["movements"],
        json!([
            {"at": "2026-11-22T08:00:01.001Z", "reason": "payout", "amount": {"micros": -20 * YUAN, "currency": "CNY"}},
            {
                "at": "2026-11-22T08:00:00.001Z", "reason": "top_up", "note": "cash at the desk",
                "amount": {"micros": 50 * YUAN, "currency": "CNY"},
            },
        ])
    );
    assert_eq!(lin.get(&format!("/api/v1/members/{id}/wallet")).await.expect(200).json(), wallet);
    let acts = store::admin_acts::page(&app.db, app.home_id().await, None, 50).await.unwrap().items;
    let owner = app.scope_of(&lin).await.member_id;
    assert!(acts.iter().all(|act| act.actor == owner && act.subject == id), "{acts:?}");
    assert_eq!(acts.len(), 2);
    is_sound(&app).await;
}

#[tokio::test]
async fn a_movement_that_is_said_twice_happens_once() {
    let (app, lin, mei, id) = shop().await;
    let wish = lin.id();
    let answers = join_all((0..32).map(|_| pay(&lin, &id, cash(&wish, 7 * YUAN, "once")))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(pay(&lin, &id, cash(&wish, 8 * YUAN, "once")).await.problem(409), "conflict");
    assert_eq!(mei.get("/api/v1/me/wallet").await.json()["balance"]["micros"], json!(7 * YUAN));
    // Of many who are paid out at once, as many are as there is money for.
    let wishes = (0..32).map(|_| pay(&lin, &id, cash(&lin.id(), -2 * YUAN, "")));
    let paid = join_all(wishes).await.into_iter().filter(|answer| answer.status == 200).count();
    assert_eq!(
        (paid, mei.get("/api/v1/me/wallet").await.json()["balance"]["micros"].clone()),
        (3, json!(YUAN))
    );
    is_sound(&app).await;
}

#[tokio::test]
async fn only_amounts_of_this_workspace_are_moved() {
    let (_app, lin, _, id) = shop().await;
    for (field, body) in [
        ("amount.micros", cash(&lin.id(), 0, "")),
        ("amount.micros", cash(&lin.id(), i64::MAX, "")),
        ("amount.micros", cash(&lin.id(), i64::MIN, "")),
        ("amount.currency", json!({"id": lin.id(), "amount": {"micros": 1, "currency": "USD"}})),
        ("amount.currency", json!({"id": lin.id(), "amount": {"micros": 1, "currency": "€"}})),
        ("note", cash(&lin.id(), 1, &"x".repeat(201))),
    ] {
        let refused = pay(&lin, &id, body).await;
        assert_eq!(refused.problem(400), "invalid_request");
        assert!(refused.json()["detail"].as_str().unwrap().starts_with(field), "{}", refused.text());
    }
}

#[tokio::test]
async fn pages_of_a_wallet_lose_nothing_and_add_up() {
    const ALL_WALLET: &str = r#"
id = "free"
rank = 0
name = { zh = "小", en = "Small" }
at_end = { then = "wallet" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["*"], tools = [], apps = [] }
limits = { concurrent_runs = 2, weight = 1 }
allowance = [{ window = "5h", tokens = 1 }]
"#;
    let app = priced().plan("free", ALL_WALLET).start().await;
    app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    for _ in 0..3 {
        top_up(&app, &mei, YUAN).await;
        app.clock.advance(Duration::from_secs(1));
        app.model.next(Script::says(["a"]));
        let run = mei.ask(&mei.open_thread("ask").await, "hello").await;
        mei.finished(&run).await;
    }
    app.model.next(Script::new().started().text("a").hangs());
    let running = mei.ask(&mei.open_thread("ask").await, "hello").await;
    mei.events(&running).await.take(2).await;
    let (mut found, mut before) = (Vec::new(), String::new());
    loop {
        let page = mei.get(&format!("/api/v1/me/wallet?limit=2{before}")).await.expect(200).json();
        found.extend(page["movements"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    let reasons: Vec<&str> = found.iter().map(|movement| movement["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons.len(), 7, "{reasons:?}");
    assert_eq!(reasons.iter().filter(|reason| **reason == "settlement").count(), 3);
    assert_eq!(reasons.iter().filter(|reason| **reason == "hold").count(), 1);
    let sum: i64 = found.iter().map(|movement| movement["amount"]["micros"].as_i64().unwrap()).sum();
    let wallet = mei.get("/api/v1/me/wallet").await.expect(200).json();
    assert_eq!(wallet["balance"]["micros"], json!(sum));
    let run =
        wallet["movements"].as_array().unwrap().iter().find(|movement| movement["reason"] == "settlement");
    assert_eq!((&run.unwrap()["agent_id"], &run.unwrap()["model"]), (&json!("ask"), &json!("tiny-chat")));
    for bad in ["limit=0", "limit=201", "before=x", "other=1"] {
        assert_eq!(
            mei.get(&format!("/api/v1/me/wallet?{bad}")).await.problem(400),
            "invalid_request",
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_plan_is_given_for_a_time_or_for_good_and_taken_back() {
    let (app, lin, mei, id) = shop().await;
    let given = assign(&lin, &id, json!({"plan": "pro"})).await.expect(200).json();
    assert_eq!((&given["plan"]["id"], &given["subscription"]["period_end"]), (&json!("pro"), &json!(null)));
    assert_eq!(given["subscription"]["is_paid"], json!(false));
    let until = json!({"plan": "plus", "until": "2026-11-23T00:00:00Z"});
    let given = assign(&lin, &id, until).await.expect(200).json();
    assert_eq!(given["subscription"]["period_end"], "2026-11-23T00:00:00Z");
    assert_eq!(lin.get(&format!("/api/v1/members/{id}/plan")).await.expect(200).json(), given);
    let (lin, mei) = later(&app, [&lin, &mei], Duration::from_secs(16 * 3_600)).await;
    let ended = mei.get("/api/v1/me/plan").await.expect(200).json();
    assert_eq!((&ended["plan"]["id"], &ended["ended"]["because"]), (&json!("free"), &json!("over")));

    top_up(&app, &mei, 39 * YUAN).await;
    mei.clone().post("/api/v1/me/plan", json!({"plan": "plus"})).await.expect(200);
    let taken = assign(&lin, &id, json!({"plan": "free"})).await.expect(200).json();
    assert_eq!(taken["ended"]["because"], "over");
    assert_eq!(taken["wallet"]["micros"], json!(39 * YUAN), "what is unused was given back");
    assign(&lin, &id, json!({"plan": "free"})).await.expect(200);
    for wish in [json!({"plan": "gold"}), json!({"plan": "house"})] {
        let answer = assign(&lin, &id, wish.clone()).await;
        assert!(answer.status == 200 || answer.problem(409) == "plan_unavailable", "{wish}");
    }
    let past = json!({"plan": "pro", "until": "2026-11-22T00:00:00Z"});
    assert_eq!(assign(&lin, &id, past).await.problem(400), "invalid_request");
    let owner = app.scope_of(&lin).await.member_id.to_string();
    assert_eq!(assign(&lin, &owner, json!({"plan": "pro"})).await.problem(409), "plan_unavailable");
    is_sound(&app).await;
}

#[tokio::test]
async fn what_was_given_goes_on_when_the_member_pays() {
    let (app, lin, mei, id) = shop().await;
    let until = json!({"plan": "plus", "until": "2026-11-23T00:00:00Z"});
    assign(&lin, &id, until).await.expect(200);
    assert_eq!(
        mei.clone().post("/api/v1/me/plan", json!({"plan": "plus"})).await.problem(409),
        "plan_unavailable"
    );
    mei.clone().put("/api/v1/me/plan/next", json!({"then": "renew"})).await.expect(200);
    top_up(&app, &mei, 39 * YUAN).await;
    let (_, mei) = later(&app, [&lin, &mei], Duration::from_secs(16 * 3_600)).await;
    let paid = mei.get("/api/v1/me/plan").await.expect(200).json();
    assert_eq!((&paid["subscription"]["is_paid"], &paid["wallet_micros"]), (&json!(true), &json!(0)));
    is_sound(&app).await;
}
