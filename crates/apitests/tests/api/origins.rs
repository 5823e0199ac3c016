//! Pages of other origins, other names for our address, and the headers of every answer.

use serde_json::json;
use testkit::{OWN_HOST, TestApp};

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let before = lin.get("/api/v1/me").await.json();
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "http://localhost:7701"),
        ("origin", "http://localhost"),
        ("origin", "null"),
        ("origin", "http://localhost:7700.evil.example"),
        ("origin", ""),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "SAME-ORIGIN"),
    ] {
        for (method, path, body) in [
            ("PATCH", "/api/v1/me", json!({"name": "Mallory"})),
            ("POST", "/api/v1/sessions", json!({"login": "lin", "password": testkit::PASSWORD})),
            ("PUT", "/api/v1/me/layout", json!({"layout": 1})),
            ("DELETE", "/api/v1/sessions", json!({})),
        ] {
            let answer = lin.call(method, path).header(name, value).json(&body).send().await;
            assert_eq!(answer.problem(403), "untrusted_origin", "{method} {path} {name}: {value}");
            assert_eq!(answer.header("set-cookie"), None);
        }
    }
    assert_eq!(lin.get("/api/v1/me").await.expect(200).json(), before);
}

#[tokio::test]
async fn a_program_that_says_nothing_about_its_origin_is_no_page() {
    let app = TestApp::start().await;
    app.owner().await;
    let mut program = app.local_program();
    let call = program.call("PATCH", "/api/v1/me").without("origin").without("sec-fetch-site");
    call.json(&json!({"name": "Lin"})).send().await.expect(200);
}

#[tokio::test]
async fn another_name_for_our_address_is_refused_for_reading_too() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for host in
        ["evil.example", "evil.example:7700", "localhost.evil.example", "127.0.0.1.nip.io:7700", "0.0.0.0"]
    {
        for path in ["/api/v1/status", "/api/v1/me", "/", "/healthz", "/metrics", "/v1/models"] {
            let answer = lin.call("GET", path).header("host", host).send().await;
            assert_eq!(answer.problem(403), "untrusted_origin", "{host} {path}");
        }
        let origin = format!("http://{host}");
        let call = lin.call("PATCH", "/api/v1/me").header("host", host).header("origin", &origin);
        assert_eq!(call.json(&json!({"name": "Mallory"})).send().await.problem(403), "untrusted_origin");
    }
    assert_eq!(lin.call("GET", "/api/v1/me").without("host").send().await.problem(403), "untrusted_origin");
    for host in [OWN_HOST, "127.0.0.1:7700", "[::1]:7700", "LocalHost"] {
        lin.call("GET", "/api/v1/me").header("host", host).send().await.expect(200);
    }
}

#[tokio::test]
async fn every_answer_protects_itself() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let key = app.key_of(&lin).await;
    let mut answers = vec![
        lin.get("/").await,
        lin.get("/api/v1/me").await,
        lin.get("/api/v1/none").await,
        lin.get("/healthz").await,
        app.anonymous().get("/api/v1/me").await,
        key.get("/v1/models").await,
        app.anonymous().get("/v1/models").await,
    ];
    answers.push(lin.call("GET", "/").header("host", "evil.example").send().await);
    answers.push(lin.call("POST", "/api/v1/threads").raw("text/plain", "x").send().await);
    answers.push(lin.delete("/api/v1/sessions").await);
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let is_page = answer.header("content-type").is_some_and(|mime| mime.starts_with("text/html"));
        let caching = if is_page { "no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(caching), "{answer:?}");
    }
}
