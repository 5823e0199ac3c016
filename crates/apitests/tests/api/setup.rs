//! The first run: a printed link makes the owner, once.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{Client, PASSWORD, SETUP_TOKEN, TestApp, redact};

fn account() -> Value {
    json!({"token": SETUP_TOKEN, "login": "lin", "password": PASSWORD, "name": "Lin", "locale": "zh-CN"})
}

fn account_with(field: &str, value: &str) -> Value {
    let mut account = account();
    account[field] = json!(value);
    account
}

async fn is_setup_required(client: &Client) -> bool {
    client.get("/api/v1/status").await.expect(200).json()["setup_required"].as_bool().unwrap()
}

#[tokio::test]
async fn the_printed_link_makes_the_owner_once() {
    let app = TestApp::start().await;
    let mut lin = app.anonymous();
    assert!(is_setup_required(&lin).await);

    let answer = lin.post("/api/v1/setup", account()).await.expect(201);
    assert_json_snapshot!(redact(answer.json()), @r#"
    {
      "member": {
        "id": "[id 1]",
        "locale": "zh-CN",
        "login": "lin",
        "name": "Lin",
        "role": "owner"
      },
      "workspace": {
        "id": "[id 2]",
        "name": "Lin"
      }
    }
    "#);
    assert_eq!(lin.get("/api/v1/me").await.expect(200).json(), answer.json());
    assert!(!is_setup_required(&lin).await);

    let mut thief = app.anonymous();
    let again = thief.post("/api/v1/setup", account_with("login", "thief")).await;
    assert_eq!(again.problem(409), "already_set_up");
    assert_eq!(thief.get("/api/v1/me").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn a_wrong_link_makes_nobody() {
    let app = TestApp::start().await;
    let mut guest = app.anonymous();
    let wrong = guest.post("/api/v1/setup", account_with("token", "guessed")).await;
    assert_eq!(wrong.problem(401), "wrong_credentials");
    assert_eq!(wrong.header("set-cookie"), None);
    assert!(is_setup_required(&guest).await);
}

#[tokio::test]
async fn ten_wrong_links_close_the_door_for_five_minutes() {
    let app = TestApp::start().await;
    let mut guest = app.anonymous();
    for _ in 0..10 {
        guest.post("/api/v1/setup", account_with("token", "guessed")).await.expect(401);
    }
    let eleventh = guest.post("/api/v1/setup", account()).await;
    assert_eq!(eleventh.problem(429), "rate_limited");
    assert!(eleventh.header("retry-after").is_some());

    app.clock.advance(std::time::Duration::from_secs(301));
    guest.post("/api/v1/setup", account()).await.expect(201);
}

#[tokio::test]
async fn a_field_that_cannot_be_is_named_and_the_link_is_not_spent() {
    let app = TestApp::start().await;
    let mut lin = app.anonymous();
    for (field, bad) in [
        ("password", "7 chars"),
        ("login", ""),
        ("login", "two words"),
        ("name", " "),
        ("name", "line\nbreak"),
        ("locale", "fr"),
    ] {
        let answer = lin.post("/api/v1/setup", account_with(field, bad)).await;
        assert_eq!(answer.problem(400), "invalid_request", "{field} = {bad:?}");
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(field), "{}", answer.text());
    }
    let endless = "x".repeat(1_025);
    lin.post("/api/v1/setup", account_with("password", &endless)).await.expect(400);
    lin.post("/api/v1/setup", account()).await.expect(201);
}

#[tokio::test]
async fn of_sixteen_who_open_the_link_at_once_one_becomes_the_owner() {
    let app = TestApp::start().await;
    let tries = (0..16).map(|i| {
        let mut client = app.anonymous();
        async move { client.post("/api/v1/setup", account_with("login", &format!("lin{i}"))).await.status }
    });
    let mut statuses = futures_util::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses.remove(0), 201);
    assert!(statuses.iter().all(|status| *status == 409), "{statuses:?}");
}
