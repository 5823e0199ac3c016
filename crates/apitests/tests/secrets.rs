//! Secrets are never written to the log, whatever goes wrong. A process of its own, since it has one log.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use testkit::{LOCAL_TOKEN, SETUP_TOKEN, Script, TestApp};
use tracing_subscriber::fmt::MakeWriter;
use wire::ErrorCode;

/// Everything that is logged, in memory.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

const PASSWORD: &str = "canary-of-the-password";
const WRONG_PASSWORD: &str = "canary-of-a-wrong-password";
const QUESTION: &str = "canary-of-a-question";

#[tokio::test]
async fn no_secret_is_ever_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    tracing::subscriber::set_global_default(subscriber.with_writer(log.clone()).finish()).unwrap();
    let mut canaries: Vec<String> =
        [PASSWORD, WRONG_PASSWORD, QUESTION, SETUP_TOKEN, LOCAL_TOKEN].map(str::to_owned).to_vec();

    let app = TestApp::start().await;
    let mut lin = app.anonymous();
    let account = |token: &str, login: &str| json!({"token": token, "login": login, "password": PASSWORD, "name": "Lin", "locale": "en"});
    lin.post("/api/v1/setup", account("canary-of-a-wrong-token", "lin")).await.expect(401);
    canaries.push("canary-of-a-wrong-token".to_owned());
    lin.post("/api/v1/setup", account(SETUP_TOKEN, "two words")).await.expect(400);
    lin.post("/api/v1/setup", account(SETUP_TOKEN, "lin")).await.expect(201);
    canaries.push(lin.session());
    lin.post("/api/v1/setup", account(SETUP_TOKEN, "lin")).await.expect(409);

    let mut guest = app.anonymous();
    for body in [
        json!({"login": "lin", "password": WRONG_PASSWORD}),
        json!({"login": WRONG_PASSWORD, "password": PASSWORD}),
        json!({"login": [PASSWORD], "password": PASSWORD}),
        json!({"login": "lin", "password": {"value": PASSWORD}}),
        json!({"login": "lin", "password": PASSWORD, "surprise": WRONG_PASSWORD}),
    ] {
        assert!(guest.post("/api/v1/sessions", body).await.status >= 400);
    }
    guest.post("/api/v1/sessions", json!({"login": "lin", "password": PASSWORD})).await.expect(201);
    canaries.push(guest.session());

    let key = app.key_of(&lin).await;
    canaries.push(key.bearer());
    key.get("/v1/models").await.expect(200);
    app.anonymous().with_bearer("hk_canary-of-a-wrong-key").get("/v1/models").await.expect(401);
    canaries.push("hk_canary-of-a-wrong-key".to_owned());
    app.local_program().get("/api/v1/me").await.expect(200);

    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().fails(ErrorCode::EngineFailed, "gone"));
    let run = lin.ask(&thread, QUESTION).await;
    lin.finished(&run).await;

    // Failures that are our mistake are logged with their causes.
    app.db.close().await;
    let failed = lin.get("/api/v1/me").await;
    assert_eq!(failed.problem(500), "internal");
    guest.post("/api/v1/sessions", json!({"login": "lin", "password": PASSWORD})).await.expect(500);
    let answer = lin.post("/api/v1/threads", json!({"id": lin.id(), "agent_id": "ask"})).await;
    assert_eq!(answer.problem(500), "internal");

    let text = log.text();
    assert!(text.contains("a request failed"), "something must have been logged: {text}");
    let name = failed.json()["request_id"].as_str().unwrap().to_owned();
    let told = text.lines().find(|line| line.contains(&name)).unwrap();
    assert!(told.contains("a request failed") && told.contains("closed"), "{told}");
    for canary in canaries {
        assert!(!text.contains(&canary), "`{canary}` was logged:\n{text}");
    }
}

#[tokio::test]
async fn no_secret_is_kept_as_it_is() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let key = app.key_of(&lin).await;
    app.db.close().await;
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(app.home.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            kept.extend(std::fs::read(path).unwrap());
        }
    }
    let has = |secret: &str| kept.windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(has("lin") && has("$argon2id$"));
    for secret in [testkit::PASSWORD, SETUP_TOKEN, LOCAL_TOKEN, &lin.session(), &key.bearer()] {
        assert!(!has(secret), "{secret}");
    }
}
