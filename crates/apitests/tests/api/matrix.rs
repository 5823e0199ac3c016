//! Who may do what: every route by every caller and by whatever they sign a request with, as `matrix.toml` says. A route of
//! the server that has no row there fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::TestApp;

use crate::lane::{Lane, Things};

/// `matrix.toml`.
struct Table {
    callers: Vec<String>,
    kinds: BTreeMap<String, BTreeMap<String, String>>,
    routes: Vec<Route>,
}

struct Route {
    method: String,
    path: String,
    gets: String,
    body: Option<String>,
}

impl Table {
    fn read() -> Self {
        let document: toml::Table = include_str!("matrix.toml").parse().unwrap();
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        let row = |kind: &toml::Value| {
            kind.as_table().unwrap().iter().map(|(caller, gets)| (caller.clone(), text(gets))).collect()
        };
        let route = |route: &toml::Value| {
            let call = text(&route["call"]);
            let (method, path) = call.split_once(' ').unwrap();
            Route {
                method: method.to_owned(),
                path: path.to_owned(),
                gets: text(&route["gets"]),
                body: route.get("body").map(text),
            }
        };
        Self {
            callers: document["callers"].as_array().unwrap().iter().map(text).collect(),
            kinds: document["kinds"]
                .as_table()
                .unwrap()
                .iter()
                .map(|(name, kind)| (name.clone(), row(kind)))
                .collect(),
            routes: document["route"].as_array().unwrap().iter().map(route).collect(),
        }
    }

    /// What a caller gets of a route.
    fn gets(&self, route: &Route, caller: &str) -> &str {
        let kind = &self.kinds[&route.gets];
        kind.get(caller).unwrap_or(&kind["all"])
    }
}

/// A path without the names of its parts.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

/// Method and shape of every operation of the document, and of every route of the faces.
fn routes() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(&api::openapi_json().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let documented = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
        methods.map(move |method| (method.to_uppercase(), shape(path)))
    });
    let faces = api::face_routes().into_iter().map(|(method, path)| (method.to_owned(), shape(path)));
    documented.chain(faces).collect()
}

#[test]
fn every_route_has_a_row_and_every_name_is_known() {
    let table = Table::read();
    let rows: BTreeSet<_> =
        table.routes.iter().map(|route| (route.method.clone(), shape(&route.path))).collect();
    let missing: Vec<_> = routes().difference(&rows).cloned().collect();
    assert!(missing.is_empty(), "no row in matrix.toml: {missing:#?}");
    for (name, kind) in &table.kinds {
        assert!(table.routes.iter().any(|route| route.gets == *name), "nobody asks for {name}");
        for caller in kind.keys().filter(|caller| *caller != "all") {
            assert!(table.callers.contains(caller), "{name}: {caller}");
        }
    }
}

#[tokio::test]
async fn every_caller_gets_what_the_table_says() {
    let (table, lane) = (Table::read(), Lane::start().await);
    let (mut walked, mut differences) = (0, Vec::new());
    for route in &table.routes {
        for name in &table.callers {
            lane.rest();
            let things = Things::new(&lane);
            let mut caller = lane.caller(name).await;
            let path = things.fill(&route.path).await;
            let body = match &route.body {
                Some(body) => Some(serde_json::from_str::<Value>(&things.fill(body).await).unwrap()),
                None => None,
            };
            let call = caller.call(&route.method, &path);
            let call = match &body {
                Some(body) => call.json(body),
                None => call,
            };
            let answer = call.send().await;
            walked += 1;
            let wanted = table.gets(route, name);
            let is_wanted = match wanted {
                "2xx" => (200..300).contains(&answer.status),
                status => answer.status.to_string() == status,
            };
            if !is_wanted {
                differences.push(format!(
                    "{name}: {} {path} {}: {} instead of {wanted}: {}",
                    route.method,
                    body.unwrap_or_default(),
                    answer.status,
                    answer.text()
                ));
            }
        }
    }
    println!(
        "{walked} cells: {} rows (of {} routes) by {} callers",
        table.routes.len(),
        routes().len(),
        table.callers.len()
    );
    assert!(differences.is_empty(), "{} of {walked}:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(walked, table.routes.len() * table.callers.len());
}

#[tokio::test]
async fn what_belongs_to_somebody_else_answers_like_what_is_not_there() {
    let (table, lane) = (Table::read(), Lane::start().await);
    for route in table.routes.iter().filter(|route| route.gets == "own") {
        for name in ["member/cookie", "guest/cookie", "stranger/cookie", "admin/cookie", "owner/cookie"] {
            let things = Things::new(&lane);
            let hers = things.fill(&route.path).await;
            let id = route.path.split('/').find(|part| part.starts_with('{')).unwrap();
            let unknown = route.path.replace(id, &lane.owner.id());
            let not_an_id = route.path.replace(id, "7");
            let mut answers = Vec::new();
            for path in [hers, unknown, not_an_id] {
                let mut caller = lane.caller(name).await;
                let body = route.body.clone().unwrap_or_default();
                let body: Value = serde_json::from_str(&things.fill(&body).await).unwrap_or_default();
                let call = caller.call(&route.method, &path);
                let call = if body.is_null() { call } else { call.json(&body) };
                let answer = call.send().await;
                assert_eq!(answer.problem(404), "not_found", "{name}: {} {path}", route.method);
                let mut document = answer.json();
                document.as_object_mut().unwrap().remove("request_id");
                answers.push((document, answer.headers.len()));
            }
            assert!(
                answers.iter().all(|answer| *answer == answers[0]),
                "{name}: {} {}: {answers:#?}",
                route.method,
                route.path
            );
        }
    }
    for name in ["member/cookie", "stranger/cookie"] {
        let threads = lane.caller(name).await.get("/api/v1/threads").await.expect(200).json();
        assert_eq!(threads["items"], json!([]));
    }
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
        lane.app.anonymous().with_api_key(bearer).get("/v1/models").await.expect(401);
    }
}

#[tokio::test]
async fn every_documented_path_is_served() {
    let app = TestApp::start().await;
    let mut guest = app.anonymous();
    for (method, shape) in routes() {
        let path = shape.replace("{}", &guest.id());
        let answer = guest.call(&method, &path).send().await;
        let is_unknown = answer.json()["detail"] == "There is no such address.";
        assert!(!is_unknown, "{method} {shape}: {}", answer.text());
    }
}
