//! Signing in and out.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, PASSWORD, TestApp};

fn by(login: &str, password: &str) -> Value {
    json!({"login": login, "password": password})
}

#[tokio::test]
async fn a_member_signs_in_and_out() {
    let app = TestApp::start().await;
    let lin = app.owner().await;

    let mut phone = app.anonymous();
    let me = phone.post("/api/v1/sessions", by("LIN", PASSWORD)).await.expect(201).json();
    assert_eq!(me, lin.get("/api/v1/me").await.expect(200).json());

    let token = phone.session();
    let out = phone.delete("/api/v1/sessions").await.expect(204);
    assert_eq!(
        out.header("set-cookie"),
        Some("hutong_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
    );
    let stolen = app.anonymous().with_session(&token);
    assert_eq!(stolen.get("/api/v1/me").await.problem(401), "unauthenticated");
    lin.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn the_cookie_is_for_this_server_and_no_script() {
    let app = TestApp::start().await;
    app.owner().await;
    let mut lin = app.anonymous();
    let answer = lin.post("/api/v1/sessions", by("lin", PASSWORD)).await.expect(201);
    let expected =
        format!("hutong_session={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000", lin.session());
    assert_eq!(answer.header("set-cookie"), Some(expected.as_str()));
    assert!(!answer.text().contains(&lin.session()), "the token is in the cookie alone");

    let app = TestApp::build().https().start().await;
    app.owner().await;
    let answer = app.anonymous().post("/api/v1/sessions", by("lin", PASSWORD)).await.expect(201);
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"));
}

fn without_request(answer: &Answer) -> Value {
    let mut document = answer.json();
    document.as_object_mut().unwrap().remove("request_id");
    document
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_look_the_same() {
    let app = TestApp::start().await;
    app.owner().await;
    let mut guest = app.anonymous();
    let wrong_password = guest.post("/api/v1/sessions", by("lin", "wrong horse battery")).await;
    let wrong_name = guest.post("/api/v1/sessions", by("nobody", PASSWORD)).await;
    assert_eq!(wrong_password.problem(401), "wrong_credentials");
    let nameless = guest.post("/api/v1/sessions", by("", "")).await;
    assert_eq!(without_request(&wrong_password), without_request(&wrong_name));
    assert_eq!(without_request(&nameless), without_request(&wrong_name));
    assert_eq!(wrong_password.header("set-cookie"), None);
}

#[tokio::test]
async fn a_session_ends_after_thirty_days() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    app.clock.advance(Duration::from_secs(30 * 24 * 3_600 - 1));
    lin.get("/api/v1/me").await.expect(200);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(lin.get("/api/v1/me").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn ten_failures_for_a_name_close_its_door_for_five_minutes() {
    let app = TestApp::start().await;
    app.owner().await;
    let mut guest = app.anonymous();
    for _ in 0..10 {
        guest.post("/api/v1/sessions", by("lin", "guess guess")).await.expect(401);
    }
    let eleventh = guest.post("/api/v1/sessions", by("Lin", PASSWORD)).await;
    assert_eq!(eleventh.problem(429), "rate_limited");
    guest.post("/api/v1/sessions", by("mei", "guess guess")).await.expect(401);

    app.clock.advance(Duration::from_secs(301));
    guest.post("/api/v1/sessions", by("lin", PASSWORD)).await.expect(201);
}

#[tokio::test]
async fn guesses_at_the_same_moment_count_one_by_one() {
    let app = TestApp::start().await;
    app.owner().await;
    let guesses = (0..40).map(|i| {
        let mut guest = app.anonymous();
        async move { guest.post("/api/v1/sessions", by("lin", &format!("guess number {i}"))).await.status }
    });
    let statuses = futures_util::future::join_all(guesses).await;
    let checked = statuses.iter().filter(|status| **status == 401).count();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((checked, refused), (10, 30));
}

#[tokio::test]
async fn signing_in_ten_times_and_more_is_no_failure() {
    let app = TestApp::start().await;
    app.owner().await;
    for _ in 0..12 {
        app.anonymous().post("/api/v1/sessions", by("lin", PASSWORD)).await.expect(201);
    }
}
