//! Vouchers: made, shown again, redeemed as often as they may be and no more.

use std::time::Duration;

use app::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

use crate::money::{is_sound, top_up};

const DAY: Duration = Duration::from_secs(86_400);
const YUAN: i64 = 1_000_000;

fn credit(micros: i64) -> Value {
    json!({"kind": "credit", "amount": {"micros": micros, "currency": "CNY"}})
}

async fn add(lin: &Client, worth: Value, more: Value) -> Value {
    let mut body = json!({"id": lin.id(), "worth": worth});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    lin.clone().post("/api/v1/vouchers", body).await.expect(201).json()
}

async fn redeem(client: &Client, voucher: &Value) -> Answer {
    client.clone().post("/api/v1/me/vouchers", json!({"code": voucher["code"]})).await
}

/// A fresh browser of the same member, after a long time.
async fn later(app: &TestApp, client: &Client, span: Duration) -> Client {
    let scope = app.scope_of(client).await;
    app.clock.advance(span);
    app.session_of(scope).await
}

async fn balance(client: &Client) -> i64 {
    client.get("/api/v1/me/wallet").await.expect(200).json()["balance"]["micros"].as_i64().unwrap()
}

#[tokio::test]
async fn of_a_hundred_who_redeem_at_once_three_get_it() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let voucher = add(&lin, credit(5 * YUAN), json!({"most_members": 3})).await;
    let mut members = Vec::new();
    for n in 0..100 {
        members.push(app.member(&format!("m{n}"), Role::Member).await);
    }
    let answers = join_all(members.iter().map(|member| redeem(member, &voucher))).await;
    let given = answers.iter().filter(|answer| answer.status == 200).count();
    let refused =
        answers.iter().filter(|answer| answer.status == 409 && answer.problem(409) == "voucher_used_up");
    assert_eq!((given, refused.count()), (3, 97));
    let mut sum = 0;
    for member in &members {
        sum += balance(member).await;
    }
    assert_eq!(sum, 15 * YUAN);
    let listed = lin.get("/api/v1/vouchers").await.expect(200).json();
    assert_eq!((&listed["items"][0]["redeemed"], &listed["items"][0]["code"]), (&json!(3), &voucher["code"]));
    is_sound(&app).await;
}

#[tokio::test]
async fn one_member_gets_it_once_however_often_they_ask() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let voucher = add(&lin, credit(5 * YUAN), json!({"most_members": 50, "note": "spring"})).await;
    let mei = app.member("mei", Role::Member).await;
    // Fewer than the tries that a member has.
    let answers = join_all((0..9).map(|_| redeem(&mei, &voucher))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let given = answers.iter().find(|answer| answer.status == 200).unwrap().json();
    assert_eq!(given, json!({"worth": credit(5 * YUAN)}));
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.problem(409), "voucher_yours");
    }
    assert_eq!(balance(&mei).await, 5 * YUAN);
    let wallet = mei.get("/api/v1/me/wallet").await.expect(200).json();
    assert_eq!(wallet["movements"][0]["reason"], "voucher");
    assert!(!wallet.to_string().contains("spring"), "the note is for those who run the workspace");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_voucher_is_good_from_then_until_then_and_not_when_it_was_taken_back() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let times = json!({"valid_from": "2026-11-23T00:00:00Z", "expires_at": "2026-11-25T00:00:00Z"});
    let (one, other) = (add(&lin, credit(1), times.clone()).await, add(&lin, credit(1), times).await);
    assert_eq!(redeem(&mei, &one).await.problem(409), "voucher_expired");
    let mei = later(&app, &mei, DAY).await;
    redeem(&mei, &one).await.expect(200);
    let mei = later(&app, &mei, 2 * DAY).await;
    assert_eq!(redeem(&mei, &one).await.problem(409), "voucher_yours", "a repetition, however late");
    assert_eq!(redeem(&mei, &other).await.problem(409), "voucher_expired");

    let mut lin = app.local_program();
    let back = add(&lin, credit(1), json!({})).await;
    let path = format!("/api/v1/vouchers/{}", back["id"].as_str().unwrap());
    lin.delete(&path).await.expect(204);
    assert_eq!(lin.delete(&path).await.problem(404), "not_found");
    assert_eq!(redeem(&mei, &back).await.problem(409), "voucher_expired");
    assert_eq!(balance(&mei).await, 1);
}

#[tokio::test]
async fn tries_are_counted_and_redeeming_is_none() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    for _ in 0..12 {
        let voucher = add(&lin, credit(1), json!({})).await;
        redeem(&mei, &voucher).await.expect(200);
        assert_eq!(redeem(&mei, &voucher).await.problem(409), "voucher_yours");
    }
    for guess in ["0000-0000-0000-0000", "not a code", "", "UUUU-0000-0000-0000", "0000"] {
        assert_eq!(redeem(&mei, &json!({"code": guess})).await.problem(404), "voucher_unknown", "{guess}");
    }
    for _ in 0..5 {
        assert_eq!(
            redeem(&mei, &json!({"code": "1111-1111-1111-1111"})).await.problem(404),
            "voucher_unknown"
        );
    }
    let voucher = add(&lin, credit(1), json!({})).await;
    assert_eq!(redeem(&mei, &voucher).await.problem(429), "rate_limited", "also for a right one");
    let lan = app.member("lan", Role::Member).await;
    redeem(&lan, &voucher).await.expect(200);
    app.clock.advance(Duration::from_secs(301));
    redeem(&mei, &voucher).await.problem(409);
}

#[tokio::test]
async fn a_code_is_worth_nothing_in_another_workspace() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let wang = app.stranger().await;
    let voucher = add(&lin, credit(1), json!({})).await;
    assert_eq!(redeem(&wang, &voucher).await.problem(404), "voucher_unknown");
    assert_eq!(wang.get("/api/v1/vouchers").await.expect(200).json(), json!({"items": []}));
}

#[tokio::test]
async fn a_voucher_for_a_plan_is_never_wasted() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let plus = |days: u32| add(&lin, json!({"kind": "plan", "plan": "plus", "days": days}), json!({}));
    let (ten, twenty) = (plus(10).await, plus(20).await);
    redeem(&mei, &ten).await.expect(200);
    let plan = mei.get("/api/v1/me/plan").await.expect(200).json();
    assert_eq!(plan["plan"]["id"], "plus");
    assert_eq!(
        (&plan["subscription"]["is_paid"], &plan["subscription"]["next"]),
        (&json!(false), &json!({"then": "end"}))
    );
    redeem(&mei, &twenty).await.expect(200);
    let plan = mei.get("/api/v1/me/plan").await.expect(200).json();
    assert_eq!(plan["subscription"]["period_end"], "2026-12-22T08:00:00.001Z", "thirty days: {plan}");

    top_up(&app, &mei, 199 * YUAN).await;
    mei.clone().post("/api/v1/me/plan", json!({"plan": "pro"})).await.expect(200);
    assert_eq!(balance(&mei).await, 0, "nothing comes back for what was not paid");
    let more = plus(5).await;
    assert_eq!(redeem(&mei, &more).await.problem(409), "plan_unavailable");
    let lan = app.member("lan", Role::Member).await;
    redeem(&lan, &more).await.expect(200);
    let owners = plus(5).await;
    assert_eq!(redeem(&lin, &owners).await.problem(409), "plan_unavailable", "the house has more");
    let lan = later(&app, &lan, 6 * DAY).await;
    assert_eq!(lan.get("/api/v1/me/plan").await.expect(200).json()["ended"]["because"], "over");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_voucher_is_made_once_and_only_one_that_can_be_redeemed() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let wish = json!({"id": lin.id(), "worth": credit(7), "most_members": 2, "note": "ours"});
    let first = lin.post("/api/v1/vouchers", wish.clone()).await.expect(201).json();
    assert_eq!(lin.post("/api/v1/vouchers", wish.clone()).await.expect(201).json(), first);
    let mut other = wish;
    other["worth"] = credit(8);
    assert_eq!(lin.post("/api/v1/vouchers", other).await.problem(409), "conflict");
    for (field, value) in [
        ("worth", credit(0)),
        ("worth", credit(-1)),
        ("worth", json!({"kind": "credit", "amount": {"micros": 1, "currency": "USD"}})),
        ("worth", json!({"kind": "credit", "amount": {"micros": 1, "currency": "yuan"}})),
        ("worth", json!({"kind": "plan", "plan": "house", "days": 1})),
        ("worth", json!({"kind": "plan", "plan": "plus", "days": 0})),
        ("most_members", json!(0)),
        ("most_members", json!(1_000_000)),
        ("expires_at", json!("2026-11-22T07:00:00Z")),
        ("note", json!("two\nlines")),
    ] {
        let mut wish = json!({"id": lin.id(), "worth": credit(1)});
        wish[field] = value.clone();
        let refused = lin.post("/api/v1/vouchers", wish).await;
        assert_eq!(refused.problem(400), "invalid_request", "{field} {value}");
        assert!(refused.json()["detail"].as_str().unwrap().contains(field), "{}", refused.text());
    }
    assert_eq!(lin.get("/api/v1/vouchers").await.json()["items"], json!([first]));
}
