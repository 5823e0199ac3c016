//! For operators.

use serde_json::json;
use testkit::{Script, TestApp};

#[tokio::test]
async fn it_is_alive_and_ready() {
    let app = TestApp::start().await;
    let guest = app.anonymous();
    assert_eq!(guest.get("/healthz").await.expect(200).text(), "ok\n");
    assert_eq!(guest.get("/readyz").await.expect(200).text(), "ready\n");
    app.db.close().await;
    guest.get("/readyz").await.expect(503);
    guest.get("/healthz").await.expect(200);
    assert_eq!(guest.get("/api/v1/status").await.problem(500), "internal");
}

#[tokio::test]
async fn status_says_what_a_client_must_know() {
    let app = TestApp::start().await;
    let status = app.anonymous().get("/api/v1/status").await.expect(200).json();
    let expected = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "setup_required": true,
        "default_model": "tiny-chat",
        "default_locale": "en",
    });
    assert_eq!(status, expected);
}

#[tokio::test]
async fn figures_count_by_route_and_never_by_id() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().hangs());
    let run = lin.ask(&thread, "hello").await;
    lin.events(&run).await.take(1).await;
    for made_up in ["BREW", "AAAA", "AAAB"] {
        lin.call(made_up, "/api/v1/me").send().await.expect(404);
    }
    lin.get("/some/page").await.expect(200);
    let text = lin.get("/metrics").await.expect(200).text();
    assert!(text.contains("hutong_live_runs 1\n"), "{text}");
    let counted =
        r#"hutong_http_requests_total{method="POST",route="/api/v1/threads/{id}/runs",status="202"} 1"#;
    assert!(text.contains(counted), "{text}");
    for never in [&thread, "BREW", "AAAA", "/some/page"] {
        assert!(!text.contains(never), "{never} in {text}");
    }
}
