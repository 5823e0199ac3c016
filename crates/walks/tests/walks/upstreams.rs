//! Models of providers, from the question to the books, against vendors that keep books of their own.

use std::sync::Arc;

use app::{Others, Place, RemoteModels, RemoteSite};
use catalog::DataTree;
use fakevendors::{FakeVendors, House};
use money::{Amount, Currency, Money};
use serde_json::{Value, json};
use stdx::{Secret, SeededRng, SystemClock, Timestamp};
use testkit::{Client, TestApp};
use upstreams::{Account, BreakerPolicy, Options, RetryPolicy, Site, Upstreams};
use wire::ErrorCode;

use crate::money::is_sound;

const KEY: &str = "fake-canary-key";

/// For a million tokens: 2 yuan uncached, 0.20 cached, 2.50 written, 8 answered.
const PRICES: &str = r#"
[vendor]
id = "toy"
currency = "CNY"
utc_offset = "+08:00"
source_url = "https://toy.example/prices"
checked_on = "2026-11-23"
[[price]]
models = ["say-*", "flaky-*"]
effective_from = "2026-01-01"
rates = { input = "2", cache_read = "0.2", cache_write_5m = "2.5", output = "8" }
"#;

/// A server whose members may ask vendors, and the vendors.
pub(crate) struct Street {
    pub(crate) app: TestApp,
    pub(crate) vendors: FakeVendors,
}

impl Street {
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(SystemClock::new());
        let vendors = House::new(clock.clone()).open(0).await.unwrap();
        let file = vendors.provider("toy");
        Self::with(vendors, file).await
    }

    /// Whose vendors may fail as often as they like, and are asked all the same.
    pub(crate) async fn patient() -> Self {
        let vendors = House::new(Arc::new(SystemClock::new())).open(0).await.unwrap();
        let file = vendors.provider("toy");
        let breaker = BreakerPolicy { failures: u32::MAX, ..BreakerPolicy::default() };
        Self::asking(vendors, file, Options { breaker, ..Options::default() }).await
    }

    /// Whose vendors stand where the file says.
    pub(crate) async fn with(vendors: FakeVendors, file: String) -> Self {
        Self::asking(vendors, file, Options::default()).await
    }

    async fn asking(vendors: FakeVendors, file: String, options: Options) -> Self {
        let clock = Arc::new(SystemClock::new());
        let all = catalog::providers(&DataTree::from_files([("providers/toy.toml", file)])).unwrap();
        let toy = all.get("toy").unwrap();
        let account = Account { key: Some(Secret::new(KEY.to_owned())), ..Account::default() };
        let sites: Vec<Site> = toy
            .endpoints
            .iter()
            .map(|endpoint| Site::open(toy, Some(&endpoint.id), &account).unwrap())
            .collect();
        let offered = |site: &Site| {
            let models = vec!["say-2".to_owned()];
            (
                site.id.clone(),
                RemoteSite { name: "Toy".to_owned(), models, others: Others::Asked, place: Place::Away },
            )
        };
        let remote = RemoteModels::new(sites.iter().map(offered));
        let retry =
            RetryPolicy { first_pause: std::time::Duration::from_millis(1), ..RetryPolicy::default() };
        let options = Options { retry, ..options };
        let upstreams = Upstreams::new(sites, options, clock, Arc::new(SeededRng::new(1)));
        let app = TestApp::build().price_list("toy", PRICES).remote_embedder(Arc::new(upstreams.clone()));
        let app = app.remote(remote, Arc::new(upstreams)).start().await;
        Self { app, vendors }
    }

    async fn run(&self, lin: &mut Client, model: &str) -> Value {
        let thread = lin.open_thread("ask").await;
        let mut question = lin.question(None, "hello");
        question["model"] = json!(format!("toy/{model}"));
        lin.post(&format!("/api/v1/threads/{thread}/runs"), question).await.expect(202).json()
    }

    async fn asked(&self, lin: &mut Client, model: &str) -> Value {
        let run = self.run(lin, model).await;
        lin.finished(&run).await
    }

    /// What the operator owes providers, by the books.
    async fn owed(&self) -> Vec<Money> {
        let workspace = store::workspaces::first(&self.app.db).await.unwrap().unwrap();
        let always = Timestamp::from_micros(0)..Timestamp::from_micros(i64::MAX);
        let costs = store::ledger::provider_costs(&self.app.db, workspace.id, always.start, always.end);
        costs.await.unwrap().into_iter().map(|cost| cost.cost).collect()
    }
}

fn yuan(micros: i64) -> Money {
    Amount::from_micros(micros).of("CNY".parse::<Currency>().unwrap())
}

fn micros(run: &Value) -> i64 {
    run["cost"]["micros"].as_i64().unwrap_or_else(|| panic!("{run}"))
}

#[tokio::test]
async fn an_answer_is_held_told_and_settled_with_what_the_vendor_says() {
    let street = Street::open().await;
    let mut lin = street.app.owner().await;
    let run = street.asked(&mut lin, "say-20.prompt-100.cached-64").await;
    assert_eq!(run["state"], "succeeded", "{run}");
    let usage = json!({"input_tokens": 100, "cached_tokens": 64, "output_tokens": 20, "reasoning_tokens": 0});
    assert_eq!(run["usage"], usage);
    // 36 × 2 + 64 × 0.2 + 20 × 8 = 244.8 micro-yuan, rounded once.
    assert_eq!((micros(&run), run["cost"]["is_estimated"].as_bool()), (245, Some(false)));
    assert_eq!(street.owed().await, [yuan(245)]);
    street.vendors.settled().await;
    let invoice = street.vendors.invoice().total;
    assert_eq!((invoice.requests, invoice.input_tokens, invoice.output_tokens), (1, 100, 20));
    is_sound(&street.app).await;
}

#[tokio::test]
async fn every_dialect_s_books_are_the_vendor_s() {
    let street = Street::open().await;
    let mut lin = street.app.owner().await;
    for site in ["messages", "responses", "generate-content"] {
        let thread = lin.open_thread("ask").await;
        let mut question = lin.question(None, "hello");
        question["model"] = json!(format!("toy.{site}/say-10.prompt-50.cached-30"));
        let run = lin.post(&format!("/api/v1/threads/{thread}/runs"), question).await.expect(202).json();
        let run = lin.finished(&run).await;
        let usage =
            json!({"input_tokens": 50, "cached_tokens": 30, "output_tokens": 10, "reasoning_tokens": 0});
        assert_eq!(run["usage"], usage, "{site}: {run}");
    }
    street.vendors.settled().await;
    let invoice = street.vendors.invoice().total;
    assert_eq!((invoice.requests, invoice.input_tokens, invoice.output_tokens), (3, 150, 30));
    is_sound(&street.app).await;
}

#[tokio::test]
async fn a_second_attempt_costs_the_member_once() {
    let street = Street::open().await;
    let mut lin = street.app.owner().await;
    let run = street.asked(&mut lin, "flaky-2.say-10.prompt-50").await;
    assert_eq!((run["state"].as_str(), micros(&run)), (Some("succeeded"), 180), "{run}");
    assert_eq!(street.owed().await, [yuan(180)]);
    street.vendors.settled().await;
    let invoice = street.vendors.invoice().total;
    assert_eq!((invoice.requests, invoice.refused), (3, 2));
    is_sound(&street.app).await;
}

#[tokio::test]
async fn a_cut_keeps_what_was_shown_and_charges_no_more() {
    let street = Street::open().await;
    let mut lin = street.app.owner().await;
    let run = street.asked(&mut lin, "say-20.prompt-100.cut-1500").await;
    assert_eq!(run["error"]["code"], ErrorCode::UpstreamCut.as_str(), "{run}");
    let shown = run["usage"]["output_tokens"].as_i64().unwrap();
    assert!((1..20).contains(&shown), "{run}");
    assert_eq!(micros(&run), shown * 8);
    is_sound(&street.app).await;
}

#[tokio::test]
async fn before_the_first_byte_nothing_is_charged_and_what_helps_is_said() {
    let street = Street::open().await;
    let mut lin = street.app.owner().await;
    for (model, code) in [
        ("say-2.down", ErrorCode::UpstreamDown),
        ("say-2.busy", ErrorCode::UpstreamBusy),
        ("say-2.badkey", ErrorCode::UpstreamKey),
        ("say-2.broke", ErrorCode::UpstreamFunds),
        ("say-2.filtered", ErrorCode::UpstreamRefused),
        ("say-2.long", ErrorCode::ContextExceeded),
        ("unheard-of", ErrorCode::NotFound),
    ] {
        let run = street.asked(&mut lin, model).await;
        assert_eq!(run["error"]["code"], code.as_str(), "{run}");
        assert_eq!(micros(&run), 0, "{run}");
        assert!(!run.to_string().contains("canary"), "{run}");
    }
    assert_eq!(street.owed().await, []);
    is_sound(&street.app).await;
}

#[tokio::test]
async fn without_a_report_the_bill_is_an_estimate_and_says_so() {
    let street = Street::open().await;
    let mut lin = street.app.owner().await;
    let run = street.asked(&mut lin, "say-10.usage-none").await;
    assert_eq!(
        (run["state"].as_str(), run["cost"]["is_estimated"].as_bool()),
        (Some("succeeded"), Some(true))
    );
    assert!(micros(&run) > 0, "{run}");
    assert_eq!(street.owed().await, [yuan(micros(&run))]);
    is_sound(&street.app).await;
}

#[tokio::test]
async fn who_stops_an_answer_stops_the_vendor_too() {
    let street = Street::open().await;
    let mut lin = street.app.owner().await;
    let run = street.run(&mut lin, "say-50.prompt-100.pause-3-300s").await;
    lin.events(&run).await.take(3).await;
    lin.post(&format!("/api/v1/runs/{}/cancel", run["id"].as_str().unwrap()), json!({})).await;
    let run = lin.finished(&run).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    assert!(micros(&run) > 0, "{run}");
    street.vendors.settled().await;
    let invoice = street.vendors.invoice().total;
    assert_eq!((invoice.requests, invoice.left), (1, 1));
    is_sound(&street.app).await;
}

#[tokio::test]
async fn programs_find_and_ask_them_like_any_other_model() {
    let street = Street::open().await;
    let lin = street.app.owner().await;
    let mut key = street.app.key_of(&lin).await;
    let list = key.get("/v1/models").await.expect(200).json();
    let found = list["data"].as_array().unwrap().iter().find(|model| model["id"] == "toy/say-2").cloned();
    assert_eq!(found.unwrap()["owned_by"], "Toy");
    let ask = |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    let answer = key.post("/v1/chat/completions", ask("toy/say-3.prompt-7")).await.expect(200).json();
    assert_eq!(answer["usage"]["completion_tokens"], 3, "{answer}");
    assert_eq!(key.post("/v1/chat/completions", ask("joy/say-3")).await.status, 404);
    // 7 × 2 + 3 × 8.
    assert_eq!(street.owed().await, [yuan(38)]);
    is_sound(&street.app).await;
}

#[tokio::test]
async fn vectors_are_held_told_and_settled_with_what_the_vendor_says() {
    let street = Street::open().await;
    let mut key = street.app.key_of(&street.app.owner().await).await;
    let ask = |model: &str| json!({"model": model, "input": ["a", "b"], "encoding_format": "float"});
    let answer = key.post("/v1/embeddings", ask("toy/say-1.dims-4.prompt-100")).await.expect(200).json();
    let vectors: Vec<usize> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["embedding"].as_array().unwrap().len())
        .collect();
    assert_eq!((vectors, &answer["usage"]["prompt_tokens"]), (vec![4, 4], &json!(100)));
    // 100 × 2; a second attempt costs nothing more.
    assert_eq!(street.owed().await, [yuan(200)]);
    key.post("/v1/embeddings", ask("toy/flaky-1.say-1.prompt-10")).await.expect(200);
    assert_eq!(street.owed().await.iter().map(|cost| cost.amount.micros()).sum::<i64>(), 220);
    street.vendors.settled().await;
    let invoice = street.vendors.invoice().total;
    assert_eq!((invoice.requests, invoice.refused, invoice.input_tokens), (3, 1, 110));
    for (model, status, code) in [
        ("toy/say-1.badkey", 502, ErrorCode::UpstreamKey),
        ("toy/say-1.long", 400, ErrorCode::ContextExceeded),
        ("toy/unheard-of", 404, ErrorCode::NotFound),
        ("joy/say-1", 404, ErrorCode::NotFound),
        ("toy.messages/say-1", 400, ErrorCode::InvalidRequest),
    ] {
        let error = key.post("/v1/embeddings", ask(model)).await.expect(status).json()["error"].clone();
        assert_eq!(error["code"], code.as_str(), "{model}: {error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert_eq!(street.owed().await.iter().map(|cost| cost.amount.micros()).sum::<i64>(), 220);
    is_sound(&street.app).await;
}

#[tokio::test]
async fn members_see_them_with_their_price() {
    let street = Street::open().await;
    let lin = street.app.owner().await;
    let models = lin.get("/api/v1/models").await.expect(200).json();
    let toy = models["remote"].as_array().unwrap().iter().find(|model| model["id"] == "toy/say-2").unwrap();
    let price = json!({
        "currency": "CNY", "input_picos": 2_000_000, "cached_picos": 200_000, "output_picos": 8_000_000,
    });
    let expected = json!({
        "id": "toy/say-2", "model": "say-2", "provider": "Toy", "price": price, "leaves_machine": true, "scripted": false,
    });
    assert_eq!(*toy, expected);
}
