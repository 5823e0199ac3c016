//! Invitations: links that let somebody in, once.

use app::Role;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

async fn invite(client: &mut Client, wish: Value) -> Value {
    let mut body = json!({"id": client.id(), "role": "member"});
    body.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
    client.post("/api/v1/invitations", body).await.expect(201).json()
}

async fn accept(app: &TestApp, token: &Value, login: &str) -> (Answer, Client) {
    let mut somebody = app.anonymous();
    let body =
        json!({"token": token, "login": login, "password": "a fine password", "name": login, "locale": "en"});
    let answer = somebody.post("/api/v1/invitations/accept", body).await;
    (answer, somebody)
}

fn plain(answer: &Answer) -> Value {
    let mut document = answer.json();
    document.as_object_mut().unwrap().remove("request_id");
    document
}

#[tokio::test]
async fn a_link_lets_one_in_as_it_says() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let group = lin.id();
    lin.post("/api/v1/groups", json!({"id": group, "name": "Staff"})).await.expect(201);
    let made = invite(&mut lin, json!({"role": "guest", "agents": ["tutor"], "group_ids": [group]})).await;
    assert_eq!(made["invitation"]["most_uses"], json!(1));

    let seen = app.anonymous().post("/api/v1/invitations/look", json!({"token": made["token"]})).await;
    let seen = seen.expect(200).json();
    assert_eq!(
        (&seen["workspace"], &seen["invited_by"], &seen["role"]),
        (&json!("Lin"), &json!("Lin"), &json!("guest"))
    );

    let (answer, sun) = accept(&app, &made["token"], "sun").await;
    let me = answer.expect(201).json();
    assert_eq!((&me["member"]["role"], &me["workspace"]["name"]), (&json!("guest"), &json!("Lin")));
    let agents = sun.get("/api/v1/agents").await.json();
    assert_eq!(agents["items"].as_array().unwrap().len(), 1);
    let groups = lin.get("/api/v1/groups").await.json();
    assert_eq!(groups["items"][0]["member_ids"], json!([me["member"]["id"]]));
    let body = json!({"login": "sun", "password": "a fine password"});
    app.anonymous().post("/api/v1/sessions", body).await.expect(201);
}

#[tokio::test]
async fn a_link_that_opens_nothing_looks_like_one_that_was_never_made() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let spent = invite(&mut lin, json!({})).await;
    accept(&app, &spent["token"], "sun").await.0.expect(201);
    let revoked = invite(&mut lin, json!({})).await;
    let path = format!("/api/v1/invitations/{}", revoked["invitation"]["id"].as_str().unwrap());
    lin.delete(&path).await.expect(204);
    assert_eq!(lin.delete(&path).await.problem(404), "not_found");
    let over = invite(&mut lin, json!({"expires_in_hours": 1})).await;
    app.clock.advance(std::time::Duration::from_secs(3_600));
    let made_up = json!("hi_made-up");
    let mut answers = Vec::new();
    for token in [&spent["token"], &revoked["token"], &over["token"], &made_up, &json!("")] {
        let looked = app.anonymous().post("/api/v1/invitations/look", json!({"token": token})).await;
        assert_eq!(looked.problem(404), "link_invalid");
        let (accepted, client) = accept(&app, token, "zhou").await;
        assert_eq!(accepted.header("set-cookie"), None);
        client.get("/api/v1/me").await.expect(401);
        answers.push((plain(&looked), plain(&accepted)));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == answer.1), "{answers:#?}");
}

#[tokio::test]
async fn of_many_at_once_as_many_come_in_as_the_link_says() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let made = invite(&mut lin, json!({"most_uses": 3})).await;
    let logins: Vec<String> = (0..12).map(|number| format!("guest-{number}")).collect();
    let tries = logins.iter().map(|login| accept(&app, &made["token"], login));
    let answers = futures_util::future::join_all(tries).await;
    let came_in = answers.iter().filter(|(answer, _)| answer.status == 201).count();
    assert_eq!(came_in, 3);
    assert!(answers.iter().all(|(answer, _)| matches!(answer.status, 201 | 404)));
    assert_eq!(lin.get("/api/v1/members").await.json()["items"].as_array().unwrap().len(), 4);
    let listed = lin.get("/api/v1/invitations").await.json();
    assert_eq!(listed["items"][0]["uses"], json!(3));
}

#[tokio::test]
async fn a_taken_name_does_not_spend_the_link() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let made = invite(&mut lin, json!({})).await;
    assert_eq!(accept(&app, &made["token"], "LIN").await.0.problem(409), "login_taken");
    for wrong in ["", "two words"] {
        assert_eq!(accept(&app, &made["token"], wrong).await.0.problem(400), "invalid_request");
    }
    accept(&app, &made["token"], "sun").await.0.expect(201);
}

#[tokio::test]
async fn what_somebody_may_no_longer_give_is_taken_back() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for change in [json!({"role": "member"}), json!({"suspended": true})] {
        let mut zhao = app.member(&lin.id(), Role::Admin).await;
        let path = format!(
            "/api/v1/members/{}",
            zhao.get("/api/v1/me").await.json()["member"]["id"].as_str().unwrap()
        );
        let made = invite(&mut zhao, json!({"role": "admin"})).await;
        lin.patch(&path, change).await.expect(200);
        lin.patch(&path, json!({"role": "admin", "suspended": false})).await.expect(200);
        assert_eq!(accept(&app, &made["token"], "sun").await.0.problem(404), "link_invalid");
    }
}

#[tokio::test]
async fn an_invitation_that_cannot_be_is_named() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for (wrong, status) in [
        (json!({"most_uses": 0}), 400),
        (json!({"most_uses": 101}), 400),
        (json!({"expires_in_hours": 0}), 400),
        (json!({"expires_in_hours": 721}), 400),
        (json!({"agents": ["tutor"]}), 400),
        (json!({"role": "guest", "agents": ["nobody"]}), 400),
        (json!({"role": "god"}), 400),
        (json!({"group_ids": [lin.id()]}), 404),
        (json!({"uses": 1}), 400),
    ] {
        let mut body = json!({"id": lin.id(), "role": "member"});
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        lin.post("/api/v1/invitations", body).await.problem(status);
    }
    let twice = json!({"id": lin.id(), "role": "member"});
    lin.post("/api/v1/invitations", twice.clone()).await.expect(201);
    assert_eq!(lin.post("/api/v1/invitations", twice).await.problem(409), "conflict");
}

#[tokio::test]
async fn the_token_of_a_link_is_shown_once_and_kept_nowhere() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let made = invite(&mut lin, json!({})).await;
    let token = made["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("hi_") && token.len() == 46);
    assert!(!lin.get("/api/v1/invitations").await.text().contains(&token));
    app.db.close().await;
    for entry in std::fs::read_dir(app.home.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()));
    }
}
