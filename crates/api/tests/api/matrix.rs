//! Who may do what: every route by every kind of caller. A route of the document that is missing here fails.

use std::collections::BTreeSet;

use app::Role;
use serde_json::{Value, json};
use testkit::{Client, DEFAULT_MODEL, TestApp};

/// What a caller gets, by the hundred of the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    /// Served.
    Ok,
    /// 401: sign in first.
    SignIn,
    /// 403: not with this role.
    Forbidden,
    /// 404: as if there were no such thing.
    Nothing,
    /// 409: there is an owner already.
    Taken,
    /// 401: the name or the token in the body is wrong.
    Wrong,
}
use Gets::{Forbidden, Nothing, Ok, SignIn, Taken, Wrong};

impl Gets {
    fn is(self, status: u16) -> bool {
        match self {
            Ok => (200..300).contains(&status),
            SignIn | Wrong => status == 401,
            Forbidden => status == 403,
            Nothing => status == 404,
            Taken => status == 409,
        }
    }
}

/// Anonymous, owner, a member, a member of another workspace, the owner's API key, the local token.
type Row = [Gets; 6];

const CALLERS: [&str; 6] = ["anonymous", "owner", "member", "stranger", "key", "local"];

const OPEN: Row = [Ok; 6];
const SIGNED: Row = [SignIn, Ok, Ok, Ok, SignIn, Ok];
/// Things of the owner.
const OWN: Row = [SignIn, Ok, Nothing, Nothing, SignIn, Ok];
/// The stranger is the owner of another workspace; models belong to the machine.
const ADMIN: Row = [SignIn, Ok, Forbidden, Ok, SignIn, Ok];
/// The faces take keys and the local token, never a browser's session.
const FACE: Row = [SignIn, SignIn, SignIn, SignIn, Ok, Ok];

/// Every route of `/api/v1` in the document, with who gets what.
const DOCUMENTED: &[(&str, &str, Row)] = &[
    ("GET", "/api/v1/adapters", SIGNED),
    ("GET", "/api/v1/agents", SIGNED),
    ("GET", "/api/v1/agents/{id}", SIGNED),
    ("GET", "/api/v1/me", SIGNED),
    ("PATCH", "/api/v1/me", SIGNED),
    ("GET", "/api/v1/me/layout", SIGNED),
    ("PUT", "/api/v1/me/layout", SIGNED),
    ("GET", "/api/v1/me/plan", SIGNED),
    ("GET", "/api/v1/models", SIGNED),
    ("POST", "/api/v1/models/{id}/load", ADMIN),
    ("POST", "/api/v1/models/{id}/pin", ADMIN),
    ("POST", "/api/v1/models/{id}/pull", ADMIN),
    ("POST", "/api/v1/models/{id}/pull/cancel", ADMIN),
    ("POST", "/api/v1/models/{id}/unload", ADMIN),
    ("POST", "/api/v1/models/{id}/unpin", ADMIN),
    ("GET", "/api/v1/plans", SIGNED),
    ("GET", "/api/v1/runs/{id}", OWN),
    ("POST", "/api/v1/runs/{id}/cancel", OWN),
    ("GET", "/api/v1/runs/{id}/events", OWN),
    ("DELETE", "/api/v1/sessions", SIGNED),
    ("POST", "/api/v1/sessions", [Wrong; 6]),
    ("POST", "/api/v1/setup", [Taken; 6]),
    ("GET", "/api/v1/status", OPEN),
    ("GET", "/api/v1/threads", SIGNED),
    ("POST", "/api/v1/threads", SIGNED),
    ("GET", "/api/v1/threads/{id}", OWN),
    ("PATCH", "/api/v1/threads/{id}", OWN),
    ("DELETE", "/api/v1/threads/{id}", OWN),
    ("GET", "/api/v1/threads/{id}/messages", OWN),
    ("POST", "/api/v1/threads/{id}/runs", OWN),
    // Those that take away are called from the end, and the session goes last.
    ("DELETE", "/api/v1/adapters/{id}", ADMIN),
];

/// Routes with conventions of their own.
const OTHERS: &[(&str, &str, Row)] = &[
    ("GET", "/healthz", OPEN),
    ("GET", "/readyz", OPEN),
    ("GET", "/metrics", OPEN),
    ("GET", "/", OPEN),
    ("GET", "/v1/models", FACE),
    ("GET", "/v1/models/tiny-chat", FACE),
    ("POST", "/v1/chat/completions", FACE),
    ("POST", "/v1/embeddings", FACE),
    ("POST", "/v1/rerank", FACE),
    ("GET", "/api/v1/none", [Nothing; 6]),
    ("GET", "/v1/none", [Nothing; 6]),
];

/// Method and path of every operation of the document.
fn documented() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(&api::openapi_json().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
        methods.map(move |method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

/// A server with the owner's thread and finished run in it, and all callers.
struct Lane {
    app: TestApp,
    owner: Client,
    thread: String,
    run: Value,
}

impl Lane {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.home.register_adapter("poet", DEFAULT_MODEL);
        let owner = app.owner().await;
        let thread = owner.open_thread("ask").await;
        let run = owner.ask(&thread, "mine").await;
        owner.finished(&run).await;
        Self { app, owner, thread, run }
    }

    async fn caller(&self, name: &str) -> Client {
        match name {
            "owner" => self.owner.clone(),
            "member" => self.app.member("mei", Role::Member).await,
            "stranger" => self.app.stranger().await,
            "key" => self.app.key_of(&self.owner).await,
            "local" => self.app.local_program(),
            _ => self.app.anonymous(),
        }
    }

    /// The path with ids of the owner's things in it.
    fn path(&self, template: &str) -> String {
        let id = match template.split('/').nth(3) {
            Some("threads") => &self.thread,
            Some("runs") => self.run["id"].as_str().unwrap(),
            Some("adapters") => "poet",
            Some("agents") => "tutor",
            Some("models") => "tiny-chat",
            _ => "",
        };
        template.replace("{id}", id)
    }

    /// A body that the route accepts.
    fn body(&self, method: &str, template: &str) -> Option<Value> {
        let owner = &self.owner;
        Some(match (method, template) {
            ("POST", "/api/v1/setup") => {
                json!({"token": testkit::SETUP_TOKEN, "login": "x", "password": "password", "name": "x", "locale": "en"})
            }
            ("POST", "/api/v1/sessions") => json!({"login": "nobody", "password": "password"}),
            ("PATCH", "/api/v1/me") => json!({"name": "A name"}),
            ("PUT", "/api/v1/me/layout") => json!({"layout": [1]}),
            ("POST", "/api/v1/threads") => json!({"id": owner.id(), "agent_id": "ask"}),
            ("PATCH", "/api/v1/threads/{id}") => json!({"title": "A title"}),
            ("POST", "/api/v1/threads/{id}/runs") => owner.question(None, "hello"),
            ("POST", "/v1/chat/completions") => {
                json!({"model": "tiny-chat", "messages": [{"role": "user", "content": "hello"}]})
            }
            ("POST", "/v1/embeddings") => json!({"model": "tiny-embed", "input": "hello"}),
            ("POST", "/v1/rerank") => {
                json!({"model": "tiny-rerank", "query": "hello", "documents": ["hello"]})
            }
            _ => return None,
        })
    }
}

#[test]
fn every_documented_route_is_in_the_table_and_no_other() {
    let table = DOCUMENTED.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(documented(), table.collect());
}

#[tokio::test]
async fn every_caller_gets_what_the_table_says() {
    let mut differences = Vec::new();
    for (at, name) in CALLERS.into_iter().enumerate() {
        let lane = Lane::start().await;
        let caller = lane.caller(name).await;
        // What takes something away comes last.
        let routes = DOCUMENTED.iter().chain(OTHERS);
        let (last, first): (Vec<_>, Vec<_>) = routes.partition(|(method, ..)| *method == "DELETE");
        for (method, template, row) in first.into_iter().chain(last.into_iter().rev()) {
            let mut caller = caller.clone();
            let path = lane.path(template);
            let call = caller.call(method, &path);
            let call = match lane.body(method, template) {
                Some(body) => call.json(&body),
                None => call,
            };
            let answer = call.send().await;
            if !row[at].is(answer.status) {
                differences.push(format!("{name}: {method} {template}: {} {}", answer.status, answer.text()));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn what_belongs_to_somebody_else_answers_like_what_is_not_there() {
    let lane = Lane::start().await;
    for name in ["member", "stranger"] {
        let caller = lane.caller(name).await;
        for (method, template, _) in DOCUMENTED.iter().filter(|(_, _, row)| *row == OWN) {
            let path = lane.path(template);
            let unknown = template.replace("{id}", &caller.id());
            let not_an_id = template.replace("{id}", "7");
            let mut answers = Vec::new();
            for path in [path, unknown, not_an_id] {
                let mut caller = caller.clone();
                let body = lane.body(method, template).unwrap_or(Value::Null);
                let call = caller.call(method, &path);
                let call = if body.is_null() { call } else { call.json(&body) };
                let answer = call.send().await;
                assert_eq!(answer.problem(404), "not_found", "{name}: {method} {path}");
                let mut document = answer.json();
                document.as_object_mut().unwrap().remove("request_id");
                answers.push((document, answer.headers.len()));
            }
            assert!(
                answers.iter().all(|answer| *answer == answers[0]),
                "{name}: {method} {template}: {answers:#?}"
            );
        }
        assert_eq!(caller.get("/api/v1/threads").await.expect(200).json()["items"], json!([]));
    }
    let page = lane.owner.messages(&lane.thread).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_session_that_is_over_or_made_up_opens_nothing() {
    let lane = Lane::start().await;
    let mut over = lane.owner.clone();
    let token = over.session();
    over.delete("/api/v1/sessions").await.expect(204);
    let flipped: String = token.chars().rev().collect();
    for token in [token.as_str(), flipped.as_str(), "", "x", testkit::LOCAL_TOKEN] {
        let caller = lane.app.anonymous().with_session(token);
        assert_eq!(caller.get("/api/v1/me").await.problem(401), "unauthenticated", "{token}");
    }
    for bearer in ["", "hk_made-up", "hl_made-up", &token] {
        let caller = lane.app.anonymous().with_bearer(bearer);
        assert_eq!(caller.get("/api/v1/me").await.problem(401), "unauthenticated", "{bearer}");
        caller.get("/v1/models").await.expect(401);
    }
}

#[tokio::test]
async fn every_documented_path_is_served() {
    let app = TestApp::start().await;
    let mut guest = app.anonymous();
    for (method, template) in documented() {
        let path = template.replace("{id}", &guest.id());
        let answer = guest.call(&method, &path).send().await;
        let is_unknown = answer.json()["detail"] == "There is no such address.";
        assert!(!is_unknown, "{method} {template}: {}", answer.text());
    }
}
