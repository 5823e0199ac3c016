//! Providers that whoever runs the workspace sets, changes, tests and takes away, while others ask them.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{KeyFrom, ProviderFacts, Role, WrittenProvider};
use catalog::{DataTree, Providers};
use fakevendors::{FakeVendors, House};
use serde_json::{Value, json};
use stdx::{Secret, SystemClock, Timestamp};
use testkit::{Client, Home, TestApp};
use upstreams::Account;

const KEY: &str = "fake-canary-of-a-kept-key";
const VARIABLE: &str = "fake-canary-of-a-variable";
const TOY: &str = "/api/v1/providers/toy";

/// For a million tokens: 2 yuan in, 8 out.
const PRICES: &str = r#"
[vendor]
id = "toy"
currency = "CNY"
utc_offset = "+08:00"
source_url = "https://toy.example/prices"
checked_on = "2026-11-23"
[[price]]
models = ["say-40"]
effective_from = "2026-01-01"
rates = { input = "2", cache_read = "0.2", output = "8" }
[[price]]
models = ["say-9"]
effective_from = "2026-01-01"
rates = { input = "4", cache_read = "0.4", output = "16" }
"#;

/// A vendor that is really asked, and what is known of it.
struct Street {
    vendors: FakeVendors,
    facts: ProviderFacts,
}

impl Street {
    async fn open() -> Self {
        let vendors = House::new(Arc::new(SystemClock::new())).open(0).await.unwrap();
        let shipped = toys(&vendors);
        Self { vendors, facts: ProviderFacts { shipped, ..ProviderFacts::default() } }
    }

    async fn start(&self, home: &Home) -> TestApp {
        TestApp::build().home(home).price_list("toy", PRICES).providers(self.facts.clone()).start().await
    }
}

fn toys(vendors: &FakeVendors) -> Providers {
    let file = vendors.provider("toy").replace("http://127.0.0.1", "http://localhost");
    let file = file.replace("source_url = \"https://localhost", "source_url = \"https://toy.example");
    catalog::providers(&DataTree::from_files([("providers/toy.toml", file)])).unwrap()
}

fn wish() -> Value {
    json!({"key": KEY, "enabled": true})
}

async fn toy(client: &Client) -> Value {
    let all = client.get("/api/v1/providers").await.expect(200).json();
    all["items"].as_array().unwrap().iter().find(|item| item["id"] == "toy").unwrap().clone()
}

async fn offered(client: &Client) -> Vec<String> {
    let all = client.get("/api/v1/models").await.expect(200).json();
    let ids = all["remote"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned());
    ids.collect()
}

async fn run(client: &mut Client, model: &str) -> testkit::Answer {
    let thread = client.open_thread("ask").await;
    let mut question = client.question(None, "hello");
    question["model"] = json!(model);
    client.post(&format!("/api/v1/threads/{thread}/runs"), question).await
}

#[tokio::test]
async fn a_key_that_is_entered_counts_at_once_and_is_never_seen_again() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    assert_eq!((toy(&lin).await["state"].as_str(), offered(&lin).await), (Some("absent"), vec![]));
    run(&mut lin, "toy/say-40").await.expect(404);
    let set = lin.put(TOY, wish()).await.expect(200);
    assert_eq!((set.json()["state"].as_str(), set.json()["key"].as_str()), (Some("asked"), Some("kept")));
    assert_eq!(offered(&lin).await, ["toy/say-40", "toy/say-9"]);
    let answer = run(&mut lin, "toy/say-40").await.expect(202).json();
    assert_eq!(lin.finished(&answer).await["state"], "succeeded");
    let test = lin.post(&format!("{TOY}/test"), json!({})).await.expect(200);
    let list = lin.get("/api/v1/providers").await;
    let acts = store::admin_acts::page(&app.db, app.home_id().await, None, 50).await.unwrap().items;
    assert_eq!(acts.len(), 2);
    for text in [set.text(), test.text(), list.text(), format!("{acts:?} {:?}", app.app)] {
        assert!(!text.contains("canary"), "{text}");
    }
    for entry in std::fs::read_dir(home.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(6).any(|window| window == b"canary"), "{}", path.display());
    }
}

#[tokio::test]
async fn what_was_set_is_there_after_a_restart() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    lin.put(TOY, json!({"key": KEY, "models": ["say-9", " say-9 ", "own"], "enabled": true}))
        .await
        .expect(200);
    let session = lin.session();
    drop((app, lin));
    let app = street.start(&home).await;
    let mut lin = app.anonymous().with_session(&session);
    assert_eq!(offered(&lin).await, ["toy/own", "toy/say-9"]);
    let answer = run(&mut lin, "toy/say-9").await.expect(202).json();
    assert_eq!(lin.finished(&answer).await["state"], "succeeded");
    run(&mut lin, "toy/say-40").await.expect(404);
}

#[tokio::test]
async fn a_change_ends_no_answer() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    lin.put(TOY, wish()).await.expect(200);
    let mut runs = Vec::new();
    for _ in 0..8 {
        runs.push(run(&mut lin, "toy/say-40.tps-60").await.expect(202).json());
    }
    for (at, run) in runs.iter().enumerate() {
        let mut events = lin.events(run).await;
        while events.next().await.unwrap().name.as_deref() != Some("text_delta") {}
        match at % 4 {
            0 => lin.put(TOY, json!({"key": "fake-other", "enabled": true})).await.expect(200),
            1 => lin.put(TOY, json!({"enabled": false})).await.expect(200),
            2 => lin.put(TOY, wish()).await.expect(200),
            _ => lin.delete(TOY).await.expect(204),
        };
    }
    for run in &runs {
        let ended = lin.finished(run).await;
        assert_eq!(
            (ended["state"].as_str(), ended["usage"]["output_tokens"].as_u64()),
            (Some("succeeded"), Some(40))
        );
    }
    run(&mut lin, "toy/say-40").await.expect(404);
}

#[tokio::test]
async fn a_test_tells_what_it_found_and_what_is_wrong() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    let not_asked = lin.post(&format!("{TOY}/test"), json!({})).await;
    assert_eq!(not_asked.problem(409), "conflict");
    lin.put(TOY, wish()).await.expect(200);
    let found = lin.post(&format!("{TOY}/test"), json!({})).await.expect(200).json();
    assert_eq!(
        (&found["error"], found["model"].as_str()),
        (&Value::Null, Some("say-40")),
        "the cheapest: {found}"
    );
    assert!(found["connect_ms"].is_u64() && found["first_token_ms"].is_u64() && found["total_ms"].is_u64());
    assert_eq!(found["usage"]["output_tokens"], 8);
    assert_eq!(found["currency"], "CNY");
    let told = |test: &Value| {
        let error = &test["error"];
        (
            error["code"].as_str().unwrap_or("none").to_owned(),
            error["detail"].as_str().unwrap_or("").to_owned(),
        )
    };
    let mut test = async |model: &str| {
        told(&lin.post(&format!("{TOY}/test"), json!({"model": model})).await.expect(200).json())
    };
    assert_eq!(test("badkey").await.0, "upstream_key");
    assert_eq!(test("down").await.0, "upstream_down");
    assert_eq!(test("no such").await.0, "not_found");
    let wrong = json!({"key": "sk-canary-of-a-wrong-key", "enabled": true});
    lin.put(TOY, wrong).await.expect(200);
    let (code, detail) = told(&lin.post(&format!("{TOY}/test"), json!({})).await.expect(200).json());
    assert!(code == "upstream_key" && !detail.contains("canary"), "{detail}");
    street.vendors.settled().await;
}

#[tokio::test]
async fn a_test_stands_in_the_operator_s_books_and_costs_no_member_anything() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    lin.put(TOY, wish()).await.expect(200);
    let found = lin.post(&format!("{TOY}/test"), json!({})).await.expect(200).json();
    let cost = found["cost_micros"].as_i64().unwrap();
    assert!(cost > 0, "{found}");
    assert_eq!(owed(&app).await, [cost]);
    lin.post(&format!("{TOY}/test"), json!({"model": "down"})).await.expect(200);
    assert_eq!(owed(&app).await, [cost], "what was not answered costs nothing");
    let wallet = lin.get("/api/v1/me/wallet").await.expect(200).json();
    assert_eq!(wallet["balance"]["micros"], 0, "{wallet}");
    app.app.store_requests().await.unwrap();
    let noted = lin.get("/api/v1/requests?face=tests").await.expect(200).json();
    let noted = noted["items"].as_array().unwrap();
    let mut told: Vec<(&str, &str)> =
        noted.iter().map(|item| (item["model"].as_str().unwrap(), item["state"].as_str().unwrap())).collect();
    told.sort_unstable();
    assert_eq!(told, [("toy/down", "failed"), ("toy/say-40", "succeeded")]);
}

/// What the operator owes providers, by the books, in micro-yuan.
async fn owed(app: &TestApp) -> Vec<i64> {
    let always = Timestamp::from_micros(0)..Timestamp::from_micros(i64::MAX);
    let costs = store::ledger::provider_costs(&app.db, app.home_id().await, always.start, always.end);
    costs.await.unwrap().into_iter().map(|cost| cost.cost.amount.micros()).filter(|cost| *cost != 0).collect()
}

#[tokio::test]
async fn trouble_is_told_to_whoever_runs_the_workspace() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    lin.put(TOY, json!({"key": "sk-wrong", "enabled": true})).await.expect(200);
    let answer = run(&mut lin, "toy/say-40").await.expect(202).json();
    assert_eq!(lin.finished(&answer).await["state"], "failed");
    let failure = toy(&lin).await["calls"]["last_failure"].clone();
    assert_eq!((failure["code"].as_str(), failure["model"].as_str()), (Some("upstream_key"), Some("say-40")));
    lin.put(TOY, wish()).await.expect(200);
    assert_eq!(toy(&lin).await["calls"]["last_failure"], Value::Null, "another key is another start");
}

#[tokio::test]
async fn whoever_runs_nothing_sees_and_changes_nothing() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    app.owner().await.put(TOY, wish()).await.expect(200);
    let mut mei = app.member("mei", Role::Member).await;
    for answer in [
        mei.get("/api/v1/providers").await,
        mei.put(TOY, wish()).await,
        mei.post(&format!("{TOY}/test"), json!({})).await,
        mei.delete(TOY).await,
    ] {
        assert_eq!(answer.problem(403), "forbidden");
    }
    assert_eq!(offered(&mei).await, ["toy/say-40", "toy/say-9"], "what is offered is for everybody");
}

#[tokio::test]
async fn a_key_is_for_one_address() {
    let (mut street, home) = (Street::open().await, Home::new());
    let variable = ("TOY_KEY".to_owned(), Secret::new(VARIABLE.to_owned()));
    street.facts.variables = BTreeMap::from([("toy".to_owned(), variable)]);
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    let found = toy(&lin).await;
    assert_eq!((found["state"].as_str(), found["key"].as_str()), (Some("asked"), Some("environment")));
    assert_eq!((found["key_name"].as_str(), found["set"].as_bool()), (Some("TOY_KEY"), Some(false)));
    let elsewhere = "http://127.0.0.1:9/v1";
    let moved = lin.put(TOY, json!({"base_url": elsewhere, "enabled": true})).await;
    assert!(moved.text().contains("needs a key"), "{}", moved.text());
    assert_eq!(moved.problem(400), "invalid_request");
    lin.put(TOY, wish()).await.expect(200);
    let moved = lin.put(TOY, json!({"base_url": elsewhere, "enabled": true})).await;
    assert!(moved.text().contains("enter it again"), "{}", moved.text());
    assert_eq!(toy(&lin).await["base_url"], Value::Null, "nothing was changed");
    lin.put(TOY, json!({"base_url": elsewhere, "key": "fake-new", "enabled": true})).await.expect(200);
    lin.put(TOY, json!({"base_url": elsewhere, "enabled": true})).await.expect(200);
    lin.delete(TOY).await.expect(204);
    assert_eq!(toy(&lin).await["key"], "environment", "it is as it was");
    assert_eq!(lin.delete(TOY).await.problem(404), "not_found");
    lin.put(TOY, json!({"enabled": false})).await.expect(200);
    assert_eq!((toy(&lin).await["state"].as_str(), offered(&lin).await), (Some("off"), vec![]));
}

#[tokio::test]
async fn what_stands_in_the_configuration_is_changed_there() {
    let (mut street, home) = (Street::open().await, Home::new());
    let account = Account { key: Some(Secret::new(VARIABLE.to_owned())), ..Account::default() };
    street.facts.written = vec![WrittenProvider {
        id: "toy".to_owned(),
        account: Some(account),
        key: KeyFrom::Config,
        models: Vec::new(),
    }];
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    let found = toy(&lin).await;
    assert_eq!((found["written"].as_bool(), found["key"].as_str()), (Some(true), Some("config")));
    for answer in [lin.put(TOY, wish()).await, lin.delete(TOY).await] {
        assert!(answer.text().contains("hutong.toml"));
        assert_eq!(answer.problem(409), "conflict");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_one_sentence() {
    let (street, home) = (Street::open().await, Home::new());
    let app = street.start(&home).await;
    let mut lin = app.owner().await;
    let unknown = lin.put("/api/v1/providers/tyo", wish()).await;
    assert!(unknown.text().contains("Did you mean `toy`?"), "{}", unknown.text());
    assert_eq!(unknown.problem(404), "not_found");
    for (wish, said) in [
        (json!({"enabled": true}), "needs a key"),
        (json!({"key": "two words", "enabled": true}), "characters that no key has"),
        (json!({"key": "", "enabled": true}), "characters that no key has"),
        (json!({"key": KEY, "base_url": "http://169.254.169.254/v1", "enabled": true}), "cannot be asked"),
        (json!({"key": KEY, "base_url": "https://me:canary@toy.example", "enabled": true}), "credentials"),
        (json!({"key": KEY, "blanks": {"region": "cn"}, "enabled": true}), "has no `region`"),
        (json!({"key": KEY, "models": ["two words"], "enabled": true}), "names without spaces"),
    ] {
        let answer = lin.put(TOY, wish).await;
        assert!(answer.text().contains(said) && !answer.text().contains("canary"), "{}", answer.text());
        assert_eq!(answer.problem(400), "invalid_request");
    }
    assert_eq!(toy(&lin).await["state"], "absent");
}
