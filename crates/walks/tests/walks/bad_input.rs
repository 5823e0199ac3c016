//! Input that cannot be: one clear problem document, and nothing is changed.

use serde_json::{Value, json};
use testkit::{Client, TestApp};

/// Every write of the document that takes a body, with one that would do.
fn writes(lin: &Client, thread: &str) -> Vec<(&'static str, String, Value)> {
    vec![
        (
            "POST",
            "/api/v1/setup".to_owned(),
            json!({"token": "x", "login": "x", "password": "password", "name": "x", "locale": "en"}),
        ),
        ("POST", "/api/v1/sessions".to_owned(), json!({"login": "lin", "password": testkit::PASSWORD})),
        ("PATCH", "/api/v1/me".to_owned(), json!({"name": "Mallory"})),
        ("PUT", "/api/v1/me/layout".to_owned(), json!({"layout": "changed"})),
        ("POST", "/api/v1/threads".to_owned(), json!({"id": lin.id(), "agent_id": "ask"})),
        ("PATCH", format!("/api/v1/threads/{thread}"), json!({"title": "Changed"})),
        ("POST", format!("/api/v1/threads/{thread}/runs"), lin.question(None, "hello")),
    ]
}

/// Everything of the member that a write could change.
async fn everything(lin: &Client, thread: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["/api/v1/me", "/api/v1/me/layout", "/api/v1/threads"] {
        all.push(lin.get(path).await.expect(200).json());
    }
    all.push(lin.messages(thread).await);
    all
}

#[tokio::test]
async fn a_body_that_is_no_json_of_the_shape_is_refused() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let before = everything(&lin, &thread).await;
    for (method, path, good) in writes(&lin, &thread) {
        let good = good.to_string();
        let with_more = good.replacen('{', "{\"surprise\": 1, ", 1);
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let bodies: [(&str, Vec<u8>); 9] = [
            ("nothing", Vec::new()),
            ("half", good.as_bytes()[..good.len() / 2].to_vec()),
            ("two documents", [good.as_bytes(), good.as_bytes()].concat()),
            ("an array", b"[]".to_vec()),
            ("null", b"null".to_vec()),
            ("an unknown field", with_more.into_bytes()),
            (
                "invalid UTF-8",
                good.replace("en", "ab").bytes().map(|b| if b == b':' { 0xff } else { b }).collect(),
            ),
            ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            ("very deep", format!("{{\"layout\": {deep}, \"id\": {deep}}}").into_bytes()),
        ];
        for (what, body) in bodies {
            let answer = lin.call(method, &path).raw("application/json", body).send().await;
            assert_eq!(answer.problem(400), "invalid_request", "{method} {path}: {what}");
        }
    }
    assert_eq!(everything(&lin, &thread).await, before);
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let before = everything(&lin, &thread).await;
    for (method, path, good) in writes(&lin, &thread) {
        // The first three are what a page can send without asking first.
        for mime in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
        {
            let answer = lin.call(method, &path).raw(mime, good.to_string()).send().await;
            assert_eq!(answer.problem(400), "invalid_request", "{method} {path} as {mime:?}");
        }
        let call = lin.call(method, &path).json(&good).without("content-type");
        assert_eq!(call.send().await.problem(400), "invalid_request");
    }
    assert_eq!(everything(&lin, &thread).await, before);
    let call = lin.call("PATCH", "/api/v1/me");
    call.raw("Application/JSON; charset=utf-8", "{\"name\":\"Lin\"}").send().await.expect(200);
}

#[tokio::test]
async fn ten_megabytes_are_too_large() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let before = everything(&lin, &thread).await;
    let huge = "x".repeat(10 * 1024 * 1024);
    for (method, path, _) in writes(&lin, &thread) {
        let answer = lin.call(method, &path).json(&json!({"name": huge})).send().await;
        assert_eq!(answer.problem(413), "too_large", "{method} {path}");
    }
    let mut wish = lin.question(None, "");
    wish["input"]["text"] = json!(huge);
    let answer = lin.post(&format!("/api/v1/threads/{thread}/runs"), wish).await;
    assert_eq!(answer.problem(413), "too_large");
    assert_eq!(everything(&lin, &thread).await, before);
}

#[tokio::test]
async fn what_is_no_id_is_not_there() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for id in [
        "7",
        "6f1e7d40-6d1c-4f2e-8b59-0f4d1d2f3a4b",
        "00000000-0000-0000-0000-000000000000",
        "%00",
        "%FF",
        "..%2f..%2fetc%2fpasswd",
        "'%20OR%201=1--",
        "019a9f5e6c007000800000000000000001",
        &"9".repeat(4_000),
    ] {
        for (method, path) in [
            ("GET", format!("/api/v1/threads/{id}")),
            ("GET", format!("/api/v1/threads/{id}/messages")),
            ("DELETE", format!("/api/v1/threads/{id}")),
            ("GET", format!("/api/v1/runs/{id}")),
            ("GET", format!("/api/v1/runs/{id}/events")),
            ("POST", format!("/api/v1/runs/{id}/cancel")),
            ("GET", format!("/api/v1/agents/{id}")),
            ("POST", format!("/api/v1/models/{id}/pull")),
        ] {
            assert_eq!(lin.call(method, &path).send().await.problem(404), "not_found", "{method} {path}");
        }
    }
    for id in ["7", "6f1e7d40-6d1c-4f2e-8b59-0f4d1d2f3a4b"] {
        let wish = json!({"id": id, "agent_id": "ask"});
        assert_eq!(lin.post("/api/v1/threads", wish).await.problem(400), "invalid_request");
    }
}

#[tokio::test]
async fn pages_have_one_to_two_hundred_items_and_a_place_of_ours() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    for list in ["/api/v1/threads".to_owned(), format!("/api/v1/threads/{thread}/messages")] {
        for bad in [
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=many",
            "limit=99999999999",
            "limit=1&limit=2",
            "before=",
            "before=garbage",
            "before=zz.019a9f5e-6c00-7000-8000-000000000001",
            "before=1.%27%3B--",
            "surprise=1",
        ] {
            assert_eq!(
                lin.get(&format!("{list}?{bad}")).await.problem(400),
                "invalid_request",
                "{list} {bad}"
            );
        }
        lin.get(&format!("{list}?limit=200")).await.expect(200);
        lin.get(&format!("{list}?limit=1")).await.expect(200);
    }
}

#[tokio::test]
async fn an_address_or_method_that_is_not_there_says_so() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for (method, path) in [
        ("GET", "/api/v1/none"),
        ("GET", "/api/v2/me"),
        ("POST", "/api/v1/me"),
        ("PUT", "/api/v1/threads"),
        ("DELETE", "/api/v1/status"),
        ("TRACE", "/api/v1/me"),
        ("BREW", "/api/v1/me"),
        ("POST", "/somewhere"),
        ("POST", "/healthz"),
        ("DELETE", "/v1/models"),
        ("GET", "/assets/none.js"),
    ] {
        assert_eq!(lin.call(method, path).send().await.problem(404), "not_found", "{method} {path}");
    }
}

#[tokio::test]
async fn text_of_all_kinds_comes_back_as_it_was_sent() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    for text in [
        "胡同 🏮 e\u{301}",
        "zero \u{0} inside",
        "\u{202e}right to left",
        "'; DROP TABLE threads; --",
        "\\\"</script>",
    ] {
        let run = lin.ask(&thread, text).await;
        lin.finished(&run).await;
        let page = lin.messages(&thread).await;
        let items = page["items"].as_array().unwrap();
        let asked = items.iter().find(|message| message["id"] == run["message_id"]).unwrap();
        assert_eq!(asked["parts"], json!([{"type": "text", "text": text}]));
        assert_eq!(app.model.last_request().messages.last().unwrap().content(), text);
    }
}
