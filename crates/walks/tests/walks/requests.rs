//! What is kept of what was asked of models, and for whom it is.

use std::time::Duration;

use app::{Keeping, Level, Role};
use serde_json::{Value, json};
use testkit::{Client, DEFAULT_MODEL, EMBEDDING_MODEL, Script, TestApp};
use wire::{ErrorCode, FinishReason};

const DAY: Duration = Duration::from_secs(86_400);

fn asks(text: &str) -> Value {
    json!({"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": text}]})
}

/// Asks a face, and says what the client was told the request is called.
async fn called(key: &mut Client, path: &str, body: Value) -> String {
    key.post(path, body).await.header("x-request-id").unwrap().to_owned()
}

async fn listed(client: &Client, query: &str) -> Vec<Value> {
    let page = client.get(&format!("/api/v1/requests?{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

async fn shown(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/v1/requests/{id}")).await.expect(200).json()
}

async fn keeping(log: Level) -> TestApp {
    let requests = Keeping { log, keep_days: 30, keep_bodies_days: 7 };
    TestApp::build().prices(["1", "0.5", "2"]).requests(requests).start().await
}

#[tokio::test]
async fn a_request_is_found_by_the_name_that_its_client_was_told() {
    let app = keeping(Level::Metadata).await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    app.model.next(Script::new().started().text("Hello").text(" there.").done_because(FinishReason::Length));
    let id = called(&mut key, "/v1/chat/completions", asks("a canary")).await;
    let trace = shown(&lin, &id).await;
    let request = &trace["request"];
    let told = (&request["face"], &request["model"], &request["state"], &request["finish_reason"]);
    assert_eq!(
        told,
        (&json!("chat/completions"), &json!(DEFAULT_MODEL), &json!("succeeded"), &json!("length"))
    );
    assert_eq!(request["usage"]["output_tokens"], 2, "{trace}");
    assert!(request["cost"]["micros"].as_i64().unwrap() > 0, "{trace}");
    assert_eq!((&request["first_token_ms"], &request["attempts"]), (&json!(0), &json!(0)));
    assert_eq!(trace["trace_id"], id.replace('-', ""));
    assert_eq!(listed(&lin, "face=chat/completions").await, std::slice::from_ref(request));
    assert!(!trace.to_string().contains("canary"), "nothing of what was said is kept: {trace}");

    let embed = json!({"model": EMBEDDING_MODEL, "input": ["a"]});
    let embedded = called(&mut key, "/v1/embeddings", embed).await;
    assert_eq!(shown(&lin, &embedded).await["request"]["face"], "embeddings");
    let thread = lin.open_thread("tutor").await;
    let run = lin.finished(&lin.ask(&thread, "hello").await).await;
    let ran = shown(&lin, run["id"].as_str().unwrap()).await;
    let request = &ran["request"];
    assert_eq!((&request["face"], &request["agent_id"]), (&json!("runs"), &json!("tutor")));
    assert_eq!(request["cost"]["micros"], run["cost"]["micros"], "{ran}");
    assert_eq!(listed(&lin, "").await.len(), 3);
}

#[tokio::test]
async fn what_went_wrong_is_found_also_when_no_model_was_asked() {
    let app = keeping(Level::Metadata).await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    app.model.next(Script::new().text("ok").done());
    called(&mut key, "/v1/chat/completions", asks("hi")).await;
    app.model.next(Script::new().text("half").fails(ErrorCode::EngineFailed, "It broke."));
    let failed = called(&mut key, "/v1/chat/completions", asks("hi")).await;
    let mut unknown = asks("hi");
    unknown["model"] = json!("nobody");
    let refused = called(&mut key, "/v1/chat/completions", unknown).await;
    let wrong = listed(&lin, "error=any").await;
    let codes: Vec<_> = wrong.iter().map(|it| (it["id"].clone(), it["error"].clone())).collect();
    assert_eq!(codes.len(), 2);
    assert!(codes.contains(&(json!(failed), json!("engine_failed"))), "{codes:?}");
    assert!(codes.contains(&(json!(refused), json!("not_found"))), "{codes:?}");
    assert_eq!(listed(&lin, "error=engine_failed").await.len(), 1);
    lin.get("/api/v1/requests?error=nonsense").await.problem(400);
    lin.get("/api/v1/requests?before=nonsense").await.problem(400);
}

#[tokio::test]
async fn a_stream_that_is_left_is_noted_as_left() {
    let app = keeping(Level::Metadata).await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    app.model.next(Script::new().started().text("one").hangs());
    let mut body = asks("hi");
    body["stream"] = json!(true);
    let mut stream = key.call("POST", "/v1/chat/completions").json(&body).stream().await;
    // The first piece only says who speaks.
    stream.take(2).await;
    drop(stream);
    app.app.shut_down().await;
    let request = &listed(&lin, "").await[0];
    assert_eq!((&request["state"], &request["first_token_ms"]), (&json!("cancelled"), &json!(0)));
}

#[tokio::test]
async fn members_see_their_own_and_admins_all() {
    let app = keeping(Level::Metadata).await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let mut hers = app.key_of(&mei).await;
    let mut his = app.key_of(&lin).await;
    app.model.next(Script::new().text("ok").done());
    app.model.next(Script::new().text("ok").done());
    let id = called(&mut hers, "/v1/chat/completions", asks("hi")).await;
    let other = called(&mut his, "/v1/chat/completions", asks("hi")).await;
    assert_eq!(listed(&lin, "").await.len(), 2);
    let own = listed(&mei, "").await;
    assert_eq!((own.len(), &own[0]["id"]), (1, &json!(id)));
    let (member, key) = (own[0]["member_id"].as_str().unwrap(), own[0]["key_id"].as_str().unwrap());
    assert_eq!(listed(&lin, &format!("member={member}")).await, own);
    assert_eq!(listed(&lin, &format!("key={key}&limit=5")).await, own);
    mei.get(&format!("/api/v1/requests/{other}")).await.problem(404);
    let him = shown(&lin, &other).await["request"]["member_id"].clone();
    mei.get(&format!("/api/v1/requests?member={}", him.as_str().unwrap())).await.problem(403);
    mei.get("/api/v1/requests/overview?span=hour").await.problem(403);
}

#[tokio::test]
async fn old_requests_are_gone_for_good() {
    let app = keeping(Level::Full).await;
    let lin = app.owner().await;
    let scope = app.scope_of(&lin).await;
    let mut key = app.key_of(&lin).await;
    app.model.next(Script::new().text("It is hk_0123456789abcdef, hush.").done());
    let id = called(&mut key, "/v1/chat/completions", asks("What is sk-0123456789abcdef?")).await;
    let trace = shown(&lin, &id).await;
    assert_eq!(trace["answered_text"], "It is [secret], hush.");
    assert!(trace["asked_text"].as_str().unwrap().contains("What is [secret]?"), "{trace}");
    let privacy = lin.get("/api/v1/me/privacy").await.expect(200).json();
    assert_eq!(privacy, json!({"requests": "full", "keep_days": 30, "keep_bodies_days": 7}));

    app.clock.advance(7 * DAY + Duration::from_secs(1));
    assert_eq!(app.app.prune_requests().await.unwrap(), 0);
    let lin = app.session_of(scope).await;
    let trace = shown(&lin, &id).await;
    assert_eq!((trace.get("asked_text"), trace.get("answered_text")), (None, None));
    app.clock.advance(23 * DAY);
    assert_eq!(app.app.prune_requests().await.unwrap(), 1);
    let lin = app.session_of(scope).await;
    lin.get(&format!("/api/v1/requests/{id}")).await.problem(404);
}

#[tokio::test]
async fn where_nothing_is_kept_nothing_is() {
    let app = keeping(Level::None).await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    app.model.next(Script::new().text("ok").done());
    let id = called(&mut key, "/v1/chat/completions", asks("hi")).await;
    assert_eq!(listed(&lin, "").await, Vec::<Value>::new());
    lin.get(&format!("/api/v1/requests/{id}")).await.problem(404);
    let overview = lin.get("/api/v1/requests/overview?span=day").await.expect(200).json();
    assert_eq!((&overview["log"], &overview["total"]["requests"]), (&json!("none"), &json!(0)));
}

#[tokio::test]
async fn many_requests_are_a_glance() {
    let app = keeping(Level::Metadata).await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    for _ in 0..3 {
        app.model.next(Script::new().text("ok").done());
        called(&mut key, "/v1/chat/completions", asks("hi")).await;
    }
    app.model.next(Script::new().fails(ErrorCode::EngineFailed, "It broke."));
    called(&mut key, "/v1/chat/completions", asks("hi")).await;
    let overview = lin.get("/api/v1/requests/overview?span=hour").await.expect(200).json();
    let total = &overview["total"];
    assert_eq!((&total["requests"], &total["failed"]), (&json!(4), &json!(1)), "{overview}");
    assert_eq!(overview["points"].as_array().unwrap().len(), 60);
    assert_eq!(overview["points"][59]["requests"], 4);
    assert_eq!(overview["errors"], json!([{"error": "engine_failed", "requests": 1}]));
    assert_eq!(
        (&overview["by_model"][0]["key"], &overview["by_key"][0]["requests"]),
        (&json!(DEFAULT_MODEL), &json!(4))
    );
    let spent: i64 = listed(&lin, "").await.iter().map(|it| it["cost"]["micros"].as_i64().unwrap()).sum();
    assert_eq!(total["cost"]["micros"], spent);
    // What comes now is seen when the glance is no longer fresh.
    app.clock.advance(Duration::from_secs(3));
    app.model.next(Script::new().text("ok").done());
    called(&mut key, "/v1/chat/completions", asks("hi")).await;
    let overview = lin.get("/api/v1/requests/overview?span=hour").await.expect(200).json();
    assert_eq!(overview["total"]["requests"], 5);
}
