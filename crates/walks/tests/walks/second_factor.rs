//! The second factor: a code beside the password.

use std::time::Duration;

use serde_json::{Value, json};
use stdx::Clock;
use testkit::{Answer, Client, PASSWORD, TestApp, authenticator};

/// Somebody with an authenticator.
struct Lin {
    app: TestApp,
    client: Client,
    secret: String,
    codes: Vec<Value>,
}

impl Lin {
    async fn with_second_factor() -> Self {
        let app = TestApp::start().await;
        let mut client = app.owner().await;
        let begun = begin(&mut client).await;
        let secret = begun["secret"].as_str().unwrap().to_owned();
        let code = json!({"code": authenticator(&secret, app.clock.now())});
        let codes = client.post("/api/v1/me/second-factor/confirm", code).await.expect(200).json();
        let codes = codes["recovery_codes"].as_array().unwrap().clone();
        app.clock.advance(Duration::from_secs(30));
        Self { app, client, secret, codes }
    }

    fn code(&self) -> String {
        authenticator(&self.secret, self.app.clock.now())
    }

    async fn sign_in(&self, code: impl Into<Value>) -> Answer {
        let mut body = json!({"login": "lin", "password": PASSWORD, "code": code.into()});
        if body["code"].is_null() {
            body.as_object_mut().unwrap().remove("code");
        }
        self.app.anonymous().post("/api/v1/sessions", body).await
    }
}

async fn begin(client: &mut Client) -> Value {
    let body = json!({"password": PASSWORD});
    client.post("/api/v1/me/second-factor", body).await.expect(201).json()
}

#[tokio::test]
async fn a_code_is_asked_for_from_the_first_right_one_on() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let state = async |lin: &Client| lin.get("/api/v1/me/second-factor").await.expect(200).json();
    assert_eq!(state(&lin).await, json!({"on": false, "recovery_codes_left": 0}));
    let begun = begin(&mut lin).await;
    let secret = begun["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 32);
    let uri = begun["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Hutong:lin?") && uri.contains(secret), "{uri}");
    let password = json!({"login": "lin", "password": PASSWORD});
    app.anonymous().post("/api/v1/sessions", password.clone()).await.expect(201);

    let wrong = lin.post("/api/v1/me/second-factor/confirm", json!({"code": "000000"})).await;
    assert_eq!(wrong.problem(401), "wrong_credentials");
    let code = json!({"code": authenticator(secret, app.clock.now())});
    let codes = lin.post("/api/v1/me/second-factor/confirm", code.clone()).await.expect(200).json();
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(state(&lin).await, json!({"on": true, "recovery_codes_left": 10}));
    let again = lin.post("/api/v1/me/second-factor/confirm", code).await;
    assert_eq!(again.problem(409), "conflict");
    let asked = app.anonymous().post("/api/v1/sessions", password).await;
    assert_eq!(asked.problem(401), "second_factor_required");
    assert_eq!(asked.header("set-cookie"), None);
    let another = lin.post("/api/v1/me/second-factor", json!({"password": PASSWORD})).await;
    assert_eq!(another.problem(409), "conflict");
    let list = lin.get("/api/v1/members").await.json();
    assert_eq!(list["items"][0]["second_factor"], json!(true));
}

#[tokio::test]
async fn a_code_works_once() {
    let lin = Lin::with_second_factor().await;
    let code = lin.code();
    lin.sign_in(code.clone()).await.expect(201);
    assert_eq!(lin.sign_in(code).await.problem(401), "wrong_credentials");
    lin.app.clock.advance(Duration::from_secs(30));
    lin.sign_in(lin.code()).await.expect(201);
}

#[tokio::test]
async fn an_older_code_does_not_work_after_a_newer_one() {
    let lin = Lin::with_second_factor().await;
    let older = lin.code();
    lin.app.clock.advance(Duration::from_secs(30));
    lin.sign_in(lin.code()).await.expect(201);
    assert_eq!(lin.sign_in(older).await.problem(401), "wrong_credentials");
}

#[tokio::test]
async fn of_many_with_one_code_one_comes_in() {
    let lin = Lin::with_second_factor().await;
    for code in [lin.code(), lin.codes[0].as_str().unwrap().to_owned()] {
        let tries = (0..6).map(|_| lin.sign_in(code.clone()));
        let statuses: Vec<u16> =
            futures_util::future::join_all(tries).await.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        lin.app.clock.advance(Duration::from_secs(301));
    }
}

#[tokio::test]
async fn wrong_codes_close_the_door_like_wrong_passwords() {
    let lin = Lin::with_second_factor().await;
    for _ in 0..20 {
        assert_eq!(lin.sign_in(Value::Null).await.problem(401), "second_factor_required");
    }
    for number in 0..10 {
        assert_eq!(lin.sign_in(format!("{number:06}")).await.problem(401), "wrong_credentials");
    }
    assert_eq!(lin.sign_in(lin.code()).await.problem(429), "rate_limited");
    lin.app.clock.advance(Duration::from_secs(301));
    lin.sign_in(lin.code()).await.expect(201);
}

#[tokio::test]
async fn a_recovery_code_opens_once_however_it_is_typed() {
    let lin = Lin::with_second_factor().await;
    let code = lin.codes[3].as_str().unwrap();
    lin.sign_in(code.to_lowercase().replace('-', " ")).await.expect(201);
    assert_eq!(lin.sign_in(code).await.problem(401), "wrong_credentials");
    let left = lin.client.get("/api/v1/me/second-factor").await.json();
    assert_eq!(left["recovery_codes_left"], json!(9));
    assert_eq!(lin.sign_in("AAAA-AAAA-AAAA-AAAA").await.problem(401), "wrong_credentials");
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old() {
    let mut lin = Lin::with_second_factor().await;
    let prove = |code: &str| json!({"password": PASSWORD, "code": code});
    let path = "/api/v1/me/second-factor/recovery-codes";
    let wrong = lin.client.post(path, prove("123456")).await;
    assert_eq!(wrong.problem(401), "wrong_credentials");
    let code = lin.code();
    let new = lin.client.post(path, prove(&code)).await.expect(200).json();
    assert_eq!(lin.sign_in(lin.codes[0].clone()).await.problem(401), "wrong_credentials");
    lin.sign_in(new["recovery_codes"][0].clone()).await.expect(201);
}

#[tokio::test]
async fn it_is_taken_away_with_password_and_code() {
    let mut lin = Lin::with_second_factor().await;
    let path = "/api/v1/me/second-factor/remove";
    let code = lin.code();
    let wrong = lin.client.post(path, json!({"password": "a guess", "code": code})).await;
    assert_eq!(wrong.problem(401), "wrong_credentials");
    lin.client.post(path, json!({"password": PASSWORD, "code": code})).await.expect(204);
    lin.sign_in(Value::Null).await.expect(201);
    let none = lin.client.post(path, json!({"password": PASSWORD, "code": code})).await;
    assert_eq!(none.problem(409), "conflict");
    let state = lin.client.get("/api/v1/me/second-factor").await.json();
    assert_eq!(state, json!({"on": false, "recovery_codes_left": 0}));
}

#[tokio::test]
async fn a_new_password_needs_a_code_and_a_link_may_take_the_factor_away() {
    let mut lin = Lin::with_second_factor().await;
    let change = json!({"current": PASSWORD, "new": "a new password"});
    let asked = lin.client.put("/api/v1/me/password", change).await;
    assert_eq!(asked.problem(401), "second_factor_required");

    let id = lin.client.get("/api/v1/me").await.json()["member"]["id"].as_str().unwrap().to_owned();
    for (drops, after) in [(false, 401), (true, 201)] {
        let path = format!("/api/v1/members/{id}/recovery-link");
        let mut program = lin.app.local_program();
        let link = program.post(&path, json!({"drops_second_factor": drops})).await.expect(201).json();
        let body = json!({"token": link["token"], "password": PASSWORD});
        lin.app.anonymous().post("/api/v1/recovery", body).await.expect(204);
        assert_eq!(lin.sign_in(Value::Null).await.status, after);
    }
}

#[tokio::test]
async fn the_secret_is_kept_encrypted() {
    let lin = Lin::with_second_factor().await;
    let code = lin.codes[0].as_str().unwrap().replace('-', "");
    lin.app.db.close().await;
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(lin.app.home.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            kept.extend(std::fs::read(path).unwrap());
        }
    }
    let has = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("second_factors") && !has(&lin.secret) && !has(&code));
}
