//! What a key may do, by whatever header it comes.

use accounts::{Face, KeyScope, KeyWish};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, Client, TestApp};

const PAGE: &str = "https://lane.example";

/// A server with its owner, and programs with a key of hers.
struct Lane {
    app: TestApp,
    lin: Client,
}

impl Lane {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let lin = app.owner().await;
        Self { app, lin }
    }

    /// The same key by both headers.
    async fn programs(&self, scope: KeyScope) -> [Client; 2] {
        let wish = KeyWish { name: "a key".to_owned(), scope, ..KeyWish::default() };
        let token = self.app.key_for(self.app.scope_of(&self.lin).await, wish).await.1;
        [self.app.anonymous().with_bearer(&token), self.app.anonymous().with_api_key(&token)]
    }
}

fn only(text: &str) -> Option<Vec<String>> {
    Some(vec![text.to_owned()])
}

async fn chat(program: &Client, model: &str) -> Answer {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "hello"}]});
    program.clone().post("/v1/chat/completions", body).await
}

fn code(answer: &Answer) -> Value {
    answer.json()["error"]["code"].clone()
}

async fn models(program: &Client) -> Vec<Value> {
    let list = program.get("/v1/models").await.expect(200).json();
    list["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect()
}

#[tokio::test]
async fn a_key_calls_the_models_and_agents_of_its_patterns() {
    let lane = Lane::start().await;
    let scope = KeyScope { models: only("tiny-c*"), agents: only("tut*"), ..KeyScope::default() };
    for program in lane.programs(scope).await {
        assert_eq!(models(&program).await, ["tiny-chat", "agent/tutor"]);
        chat(&program, "tiny-chat").await.expect(200);
        chat(&program, "agent/tutor").await.expect(200);
        let (closed, absent) =
            (chat(&program, "agent/ask").await.expect(404), chat(&program, "agent/none").await);
        assert_eq!(closed.json(), absent.json(), "what it cannot reach looks like what is not there");
        let vectors = json!({"model": "tiny-embed", "input": "hello"});
        program.clone().post("/v1/embeddings", vectors).await.expect(404);
        program.get("/v1/models/tiny-embed").await.expect(404);
    }
}

#[tokio::test]
async fn a_key_is_used_for_its_faces() {
    let lane = Lane::start().await;
    let scope = KeyScope { faces: Some(vec![Face::Rerank]), ..KeyScope::default() };
    for program in lane.programs(scope).await {
        let refused = chat(&program, "tiny-chat").await.expect(403);
        assert_eq!(code(&refused), json!("forbidden"));
        let ranks = json!({"model": "tiny-rerank", "query": "hello", "documents": ["hello"]});
        program.clone().post("/v1/rerank", ranks).await.expect(200);
    }
}

#[tokio::test]
async fn a_key_has_so_many_requests_in_a_minute_by_all_headers_together() {
    let lane = Lane::start().await;
    let scope = KeyScope { rate_per_minute: Some(4), ..KeyScope::default() };
    let [one, other] = lane.programs(scope).await;
    for program in [&one, &other, &one, &other] {
        chat(program, "tiny-chat").await.expect(200);
    }
    for program in [&one, &other] {
        let refused = chat(program, "tiny-chat").await.expect(429);
        assert_eq!(code(&refused), json!("rate_limited"));
    }
    lane.app.clock.advance(Duration::from_secs(15));
    chat(&one, "tiny-chat").await.expect(200);
    chat(&one, "tiny-chat").await.expect(429);
}

#[tokio::test]
async fn two_different_keys_in_one_request_are_refused() {
    let lane = Lane::start().await;
    let narrow = KeyScope { models: Some(Vec::new()), agents: Some(Vec::new()), ..KeyScope::default() };
    let (wide, narrow) = (lane.programs(KeyScope::default()).await, lane.programs(narrow).await);
    for (one, other) in [(&wide, &narrow), (&narrow, &wide)] {
        let both = one[0].clone().with_api_key(&other[0].bearer());
        let refused = both.get("/v1/models").await.expect(400);
        assert_eq!(code(&refused), json!("invalid_request"));
    }
}

#[tokio::test]
async fn a_key_for_pages_works_from_those_and_from_nowhere_else() {
    let lane = Lane::start().await;
    let scope = KeyScope { origins: only(PAGE), ..KeyScope::default() };
    for program in lane.programs(scope).await {
        let from = async |origin: &str| {
            let mut program = program.clone();
            let call = program.call("POST", "/v1/embeddings").header("origin", origin);
            let call = call.header("sec-fetch-site", "cross-site");
            call.json(&json!({"model": "tiny-embed", "input": "hello"})).send().await
        };
        let answer = from(PAGE).await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        for other in ["https://lane.example.evil", "http://lane.example", "null", "https://evil.example"] {
            let refused = from(other).await.expect(403);
            assert_eq!(code(&refused), json!("untrusted_origin"), "{other}");
        }
        let refused = program.get("/v1/models").await.expect(403);
        assert_eq!(code(&refused), json!("untrusted_origin"), "from a program");
    }
}

#[tokio::test]
async fn a_key_for_programs_and_the_local_token_work_from_no_page() {
    let lane = Lane::start().await;
    let [one, other] = lane.programs(KeyScope::default()).await;
    for mut program in [one, other, lane.app.local_program()] {
        for (name, value) in
            [("origin", PAGE), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
        {
            let refused = program.call("GET", "/v1/models").header(name, value).send().await.expect(403);
            assert_eq!(code(&refused), json!("untrusted_origin"), "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn a_browser_may_ask_first_and_learns_nothing() {
    let lane = Lane::start().await;
    let mut page = lane.app.anonymous();
    let call = page.call("OPTIONS", "/v1/chat/completions").header("origin", PAGE);
    let answer = call.header("access-control-request-method", "POST").send().await.expect(204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("x-api-key"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let elsewhere = page.call("OPTIONS", "/api/v1/me").header("origin", PAGE).send().await;
    assert_eq!(elsewhere.header("access-control-allow-origin"), None);
    let rebound = page.call("OPTIONS", "/v1/models").header("host", "evil.example").send().await;
    assert_eq!(rebound.problem(403), "untrusted_origin");
}

#[tokio::test]
async fn members_make_change_and_end_their_keys() {
    let lane = Lane::start().await;
    let mut mei = lane.app.member("mei", app::Role::Member).await;
    let wish = json!({
        "id": mei.id(), "name": "laptop", "expires_at": "2027-01-01T00:00:00Z",
        "scope": {"models": ["tiny-*"], "rate_per_minute": 60},
        "budget": {"micros": 5_000_000, "term": "month"},
    });
    let made = mei.post("/api/v1/keys", wish.clone()).await.expect(201).json();
    let program = lane.app.anonymous().with_bearer(made["token"].as_str().unwrap());
    program.get("/v1/models").await.expect(200);
    let listed = mei.get("/api/v1/keys").await.expect(200).json();
    assert_eq!(listed["items"], json!([made["key"]]));
    assert_eq!(made["key"]["budget"], wish["budget"]);
    assert!(!listed.to_string().contains(made["token"].as_str().unwrap()));

    let path = format!("/api/v1/keys/{}", wish["id"].as_str().unwrap());
    let changed = mei.put(&path, json!({"name": "phone", "scope": {"models": []}})).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["budget"]), (&json!("phone"), &Value::Null));
    chat(&program, "tiny-chat").await.expect(404);
    let rotated = mei.post(&format!("{path}/rotate"), json!({"grace_seconds": 60})).await.expect(200).json();
    assert_ne!(rotated["key"]["previous_until"], Value::Null);
    let newer = lane.app.anonymous().with_bearer(rotated["token"].as_str().unwrap());
    program.get("/v1/models").await.expect(200);
    newer.get("/v1/models").await.expect(200);
    mei.delete(&path).await.expect(204);
    for program in [&program, &newer] {
        program.get("/v1/models").await.expect(401);
    }
    assert_eq!(mei.delete(&path).await.problem(404), "not_found");
}

#[tokio::test]
async fn the_key_of_a_guest_calls_what_the_guest_may() {
    let lane = Lane::start().await;
    let mut sun = lane.app.guest("sun", &["tutor"]).await;
    let wish = json!({"id": sun.id(), "name": "a key", "scope": {"models": ["*"], "agents": ["*"]}});
    let token = sun.post("/api/v1/keys", wish).await.expect(201).json()["token"].clone();
    let program = lane.app.anonymous().with_bearer(token.as_str().unwrap());
    assert_eq!(models(&program).await, ["agent/tutor"]);
    chat(&program, "agent/tutor").await.expect(200);
    for closed in ["agent/ask", "tiny-chat"] {
        chat(&program, closed).await.expect(404);
    }
}
