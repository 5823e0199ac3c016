//! Sign-up: closed, by invitation, or open to whoever asks.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

async fn policy(lin: &mut Client, policy: &str) {
    let answer = lin.put("/api/v1/sign-up", json!({"policy": policy})).await.expect(200);
    assert_eq!(answer.json(), json!({"policy": policy}));
}

async fn ask(app: &TestApp, login: &str) -> Answer {
    let body =
        json!({"login": login, "password": "a fine password", "name": login, "locale": "en", "note": "hi"});
    app.anonymous().post("/api/v1/sign-up/requests", body).await
}

async fn waiting(lin: &Client) -> Vec<Value> {
    lin.get("/api/v1/sign-up/requests").await.expect(200).json()["items"].as_array().unwrap().clone()
}

fn decide(request: &Value, how: &str) -> String {
    format!("/api/v1/sign-up/requests/{}/{how}", request["id"].as_str().unwrap())
}

async fn sign_in(app: &TestApp, login: &str) -> u16 {
    let body = json!({"login": login, "password": "a fine password"});
    app.anonymous().post("/api/v1/sessions", body).await.status
}

#[tokio::test]
async fn by_invitation_is_how_it_begins() {
    let app = TestApp::start().await;
    assert_eq!(app.anonymous().get("/api/v1/sign-up").await.json(), json!({"policy": "closed"}));
    app.owner().await;
    assert_eq!(app.anonymous().get("/api/v1/sign-up").await.json(), json!({"policy": "invite"}));
    assert_eq!(ask(&app, "sun").await.problem(403), "forbidden");
}

#[tokio::test]
async fn a_closed_door_opens_to_no_link() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let wish = json!({"id": lin.id(), "role": "member"});
    let token = lin.post("/api/v1/invitations", wish).await.expect(201).json()["token"].clone();
    policy(&mut lin, "closed").await;
    let look = async || app.anonymous().post("/api/v1/invitations/look", json!({"token": token})).await;
    assert_eq!(look().await.problem(404), "link_invalid");
    let wish = json!({"id": lin.id(), "role": "member"});
    assert_eq!(lin.post("/api/v1/invitations", wish).await.problem(403), "forbidden");
    policy(&mut lin, "invite").await;
    look().await.expect(200);
}

#[tokio::test]
async fn whoever_asks_waits_until_they_are_let_in() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    policy(&mut lin, "open").await;
    ask(&app, "sun").await.expect(202);
    app.clock.advance(Duration::from_secs(1));
    ask(&app, "zhou").await.expect(202);
    assert_eq!(sign_in(&app, "sun").await, 401);
    let list = waiting(&lin).await;
    assert_eq!((list.len(), &list[0]["login"], &list[0]["note"]), (2, &json!("sun"), &json!("hi")));

    let member = lin.post(&decide(&list[0], "approve"), json!({"role": "guest", "agents": ["tutor"]})).await;
    assert_eq!(member.expect(201).json()["role"], json!("guest"));
    lin.post(&decide(&list[1], "refuse"), Value::Null).await.expect(204);
    assert_eq!((sign_in(&app, "sun").await, sign_in(&app, "zhou").await), (201, 401));
    assert_eq!(waiting(&lin).await, Vec::<Value>::new());
    for how in ["approve", "refuse"] {
        let again = lin.post(&decide(&list[0], how), json!({"role": "member"})).await;
        assert_eq!(again.problem(404), "not_found");
    }
}

#[tokio::test]
async fn the_answer_does_not_tell_who_is_there() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    policy(&mut lin, "open").await;
    let answers = [ask(&app, "sun").await, ask(&app, "SUN").await, ask(&app, "lin").await];
    for answer in &answers {
        assert_eq!((answer.status, answer.text()), (202, String::new()));
        assert_eq!(answer.headers.len(), answers[0].headers.len());
    }
    assert_eq!(waiting(&lin).await.len(), 1);
}

#[tokio::test]
async fn a_name_that_was_given_away_meanwhile_is_not_given_twice() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    policy(&mut lin, "open").await;
    ask(&app, "sun").await.expect(202);
    app.member("Sun", app::Role::Member).await;
    let list = waiting(&lin).await;
    let late = lin.post(&decide(&list[0], "approve"), json!({"role": "member"})).await;
    assert_eq!(late.problem(409), "login_taken");
    assert_eq!(waiting(&lin).await.len(), 1);
}

#[tokio::test]
async fn only_so_many_may_ask_at_once() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    policy(&mut lin, "open").await;
    for number in 0..10 {
        ask(&app, &format!("n{number}")).await.expect(202);
    }
    assert_eq!(ask(&app, "late").await.problem(429), "rate_limited");
    app.clock.advance(Duration::from_secs(301));
    ask(&app, "late").await.expect(202);
}
