//! Passwords, sessions, and links for those who lost their password.

use std::time::Duration;

use app::Role;
use serde_json::{Value, json};
use testkit::{Client, PASSWORD, TestApp};

async fn sign_in(app: &TestApp, password: &str) -> (u16, Client) {
    let mut client = app.anonymous();
    let answer = client.post("/api/v1/sessions", json!({"login": "lin", "password": password})).await;
    (answer.status, client)
}

async fn link(lin: &mut Client, of: &Client) -> Value {
    let id = of.get("/api/v1/me").await.json()["member"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/members/{id}/recovery-link");
    lin.post(&path, json!({})).await.expect(201).json()["token"].clone()
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let (_, phone) = sign_in(&app, PASSWORD).await;
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let wrong = lin.put("/api/v1/me/password", change("wrong horse", "a new password")).await;
    assert_eq!(wrong.problem(401), "wrong_credentials");
    let short = lin.put("/api/v1/me/password", change(PASSWORD, "short")).await;
    assert_eq!(short.problem(400), "invalid_request");
    phone.get("/api/v1/me").await.expect(200);

    lin.put("/api/v1/me/password", change(PASSWORD, "a new password")).await.expect(204);
    lin.get("/api/v1/me").await.expect(200);
    phone.get("/api/v1/me").await.expect(401);
    assert_eq!((sign_in(&app, PASSWORD).await.0, sign_in(&app, "a new password").await.0), (401, 201));
}

#[tokio::test]
async fn guesses_at_the_present_password_count_like_those_at_the_door() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for _ in 0..5 {
        sign_in(&app, "a guess").await;
        let guess = json!({"current": "a guess", "new": "a new password"});
        assert_eq!(lin.put("/api/v1/me/password", guess).await.problem(401), "wrong_credentials");
    }
    let right = json!({"current": PASSWORD, "new": "a new password"});
    assert_eq!(lin.put("/api/v1/me/password", right).await.problem(429), "rate_limited");
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mut phone = app.anonymous();
    app.clock.advance(Duration::from_secs(1));
    let body = json!({"login": "lin", "password": PASSWORD});
    let call = phone.call("POST", "/api/v1/sessions").header("user-agent", "A phone").json(&body);
    call.send().await.expect(201);
    app.clock.advance(Duration::from_secs(400));

    phone.get("/api/v1/me").await.expect(200);
    app.app.shut_down().await;
    let list = lin.get("/api/v1/me/sessions").await.expect(200).json()["items"].clone();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!((&list[0]["current"], &list[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!(list[1]["client"], json!("A phone"));
    assert_ne!(list[1]["last_seen_at"], list[1]["created_at"]);

    let mei = app.member("mei", Role::Member).await;
    let path = format!("/api/v1/me/sessions/{}", list[1]["id"].as_str().unwrap());
    assert_eq!(mei.clone().delete(&path).await.problem(404), "not_found");
    lin.delete(&path).await.expect(204);
    assert_eq!(lin.delete(&path).await.problem(404), "not_found");
    phone.get("/api/v1/me").await.expect(401);

    let (_, tablet) = sign_in(&app, PASSWORD).await;
    lin.delete("/api/v1/me/sessions").await.expect(204);
    tablet.get("/api/v1/me").await.expect(401);
    lin.get("/api/v1/me").await.expect(200);
    mei.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn a_link_sets_a_new_password_once() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let token = link(&mut lin.clone(), &lin).await;
    let look =
        app.anonymous().post("/api/v1/recovery/look", json!({"token": token})).await.expect(200).json();
    assert_eq!((&look["login"], &look["drops_second_factor"]), (&json!("lin"), &json!(false)));
    let short = json!({"token": token, "password": "short"});
    assert_eq!(app.anonymous().post("/api/v1/recovery", short).await.problem(400), "invalid_request");
    let body = json!({"token": token, "password": "a new password"});
    app.anonymous().post("/api/v1/recovery", body.clone()).await.expect(204);
    lin.get("/api/v1/me").await.expect(401);
    assert_eq!((sign_in(&app, PASSWORD).await.0, sign_in(&app, "a new password").await.0), (401, 201));
    assert_eq!(app.anonymous().post("/api/v1/recovery", body).await.problem(404), "link_invalid");
}

#[tokio::test]
async fn a_link_that_opens_nothing_looks_like_one_that_was_never_made() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let id = mei.get("/api/v1/me").await.json()["member"]["id"].as_str().unwrap().to_owned();
    let replaced = link(&mut lin, &mei).await;
    let over = link(&mut lin, &mei).await;
    app.clock.advance(Duration::from_secs(3_600));
    let mei = app
        .session_of(store::Scope { member_id: id.parse().unwrap(), workspace_id: app.home_id().await })
        .await;
    lin = app.session_of(app.scope_of(&lin).await).await;
    let of_suspended = link(&mut lin, &mei).await;
    lin.patch(&format!("/api/v1/members/{id}"), json!({"suspended": true})).await.expect(200);
    let mut answers = Vec::new();
    for token in [&replaced, &over, &of_suspended, &json!("hr_made-up"), &json!("")] {
        for path in ["/api/v1/recovery", "/api/v1/recovery/look"] {
            let mut body = json!({"token": token});
            if path == "/api/v1/recovery" {
                body["password"] = json!("a new password");
            }
            let answer = app.anonymous().post(path, body).await;
            assert_eq!(answer.problem(404), "link_invalid");
            let mut document = answer.json();
            document.as_object_mut().unwrap().remove("request_id");
            answers.push(document);
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_does() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let token = link(&mut lin.clone(), &lin).await;
    let tries = (0..6).map(|number| {
        let body = json!({"token": token, "password": format!("new password {number}")});
        let mut somebody = app.anonymous();
        async move { somebody.post("/api/v1/recovery", body).await.status }
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 204 | 404)), "{statuses:?}");
}

#[tokio::test]
async fn a_suspended_member_is_told_so_when_the_password_is_right() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mut mei = app.member("mei", Role::Owner).await;
    let id = lin.get("/api/v1/me").await.json()["member"]["id"].as_str().unwrap().to_owned();
    mei.patch(&format!("/api/v1/members/{id}"), json!({"suspended": true})).await.expect(200);
    let answer = async |password: &str| {
        app.anonymous().post("/api/v1/sessions", json!({"login": "lin", "password": password})).await
    };
    assert_eq!(answer(PASSWORD).await.problem(403), "suspended");
    assert_eq!(answer("a wrong one").await.problem(401), "wrong_credentials");
    let link = mei.post(&format!("/api/v1/members/{id}/recovery-link"), json!({})).await;
    assert_eq!(link.problem(409), "conflict");
}
