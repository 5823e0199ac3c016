//! Policies instead of models: who answers, what is held and charged when somebody has no answer, and what is told of it.

use std::sync::Arc;
use std::time::Duration;

use app::{Others, Place, RemoteModels, RemoteSite};
use catalog::DataTree;
use fakevendors::{FakeVendors, House};
use money::Amount;
use serde_json::{Value, json};
use stdx::{Secret, SeededRng, SystemClock, Timestamp};
use testkit::{Client, Home, TestApp, TestAppBuilder};
use upstreams::{Account, BreakerPolicy, Options, RetryPolicy, Site, Upstreams};

use crate::money::is_sound;

pub(crate) const SMALL: &str = "toy/small__say-10.prompt-50";
pub(crate) const LARGE: &str = "toy/large__say-10.prompt-50";
/// A small one that is out of order.
pub(crate) const SICK: &str = "toy/small__say-10.prompt-50.down";

/// For a million tokens: the small ones 1 yuan and 4, the large one 2 and 8.
const PRICES: &str = r#"
[vendor]
id = "toy"
currency = "CNY"
utc_offset = "+08:00"
source_url = "https://toy.example/prices"
checked_on = "2026-11-23"
[[price]]
models = ["small__*"]
effective_from = "2026-01-01"
rates = { input = "1", cache_read = "0.1", output = "4" }
[[price]]
models = ["large__*"]
effective_from = "2026-01-01"
rates = { input = "2", cache_read = "0.2", output = "8" }
"#;

const QUALITY: &str = r#"
source_url = "https://toy.example/quality"
checked_on = "2026-11-23"
[[figure]]
models = ["small__say-10", "small__say-10.prompt-50", "small__say-10.prompt-50.down"]
class = "general"
quality = "0.61"
benchmark = "toys"
[[figure]]
models = ["large__say-10", "large__say-10.prompt-50", "large__say-10.prompt-50.down"]
class = "general"
quality = "0.90"
benchmark = "toys"
"#;

const AUTO: &str = r#"
id = "auto"
name = { zh = "自动", en = "Automatic" }
[way]
kind = "cheapest"
floor = { usual = "0.55" }
unrated = "last"
short = "best"
[reference]
vendor = "toy"
model = "large__say-10.prompt-50"
"#;

/// Nobody but models with a figure.
const STRICT: &str = r#"
id = "strict"
name = { zh = "严格", en = "Strict" }
[way]
kind = "cheapest"
floor = { usual = "0.55" }
"#;

/// A server that chooses among vendors' models, and the vendors.
pub(crate) struct Street {
    vendors: FakeVendors,
    home: Home,
    offered: Vec<String>,
}

impl Street {
    pub(crate) async fn open(offered: &[&str]) -> Self {
        let vendors = House::new(Arc::new(SystemClock::new())).open(0).await.unwrap();
        let offered = offered.iter().map(|id| id.strip_prefix("toy/").unwrap().to_owned()).collect();
        Self { vendors, home: Home::new(), offered }
    }

    pub(crate) fn build(&self) -> TestAppBuilder {
        let file = self.vendors.provider("toy");
        let all = catalog::providers(&DataTree::from_files([("providers/toy.toml", file)])).unwrap();
        let toy = all.get("toy").unwrap();
        let account = Account { key: Some(Secret::new("fake-key".to_owned())), ..Account::default() };
        let site = Site::open(toy, None, &account).unwrap();
        let offered = RemoteSite {
            name: "Toy".to_owned(),
            models: self.offered.clone(),
            others: Others::Asked,
            place: Place::Away,
        };
        let remote = RemoteModels::new([("toy".to_owned(), offered)]);
        let retry = RetryPolicy { first_pause: Duration::from_millis(1), ..RetryPolicy::default() };
        let breaker = BreakerPolicy { failures: 4, ..BreakerPolicy::default() };
        let options = Options { retry, breaker, ..Options::default() };
        let clock = Arc::new(SystemClock::new());
        let upstreams = Upstreams::new([site], options, clock, Arc::new(SeededRng::new(1)));
        TestApp::build()
            .home(&self.home)
            .price_list("toy", PRICES)
            .file("quality/toy.toml", QUALITY)
            .file("routing/auto.toml", AUTO)
            .file("routing/strict.toml", STRICT)
            .remote(remote, Arc::new(upstreams))
    }
}

pub(crate) async fn asked(lin: &mut Client, model: &str) -> Value {
    let thread = lin.open_thread("ask").await;
    let mut question = lin.question(None, "say hello to my cat");
    question["model"] = json!(model);
    let run = lin.post(&format!("/api/v1/threads/{thread}/runs"), question).await.expect(202).json();
    lin.finished(&run).await
}

pub(crate) fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "say hello to my cat"}], "max_tokens": 100})
}

/// What the operator owes providers, by the books, in micro-yuan, the least first.
pub(crate) async fn owed(app: &TestApp) -> Vec<i64> {
    let workspace = store::workspaces::first(&app.db).await.unwrap().unwrap();
    let always = Timestamp::from_micros(0)..Timestamp::from_micros(i64::MAX);
    let costs = store::ledger::provider_costs(&app.db, workspace.id, always.start, always.end);
    let mut owed: Vec<i64> = costs.await.unwrap().into_iter().map(|cost| cost.cost.amount.micros()).collect();
    owed.sort_unstable();
    owed
}

pub(crate) fn micros(run: &Value) -> i64 {
    run["cost"]["micros"].as_i64().unwrap_or_else(|| panic!("{run}"))
}

#[tokio::test]
async fn a_policy_asks_the_cheapest_that_is_good_enough_and_says_why() {
    let street = Street::open(&[SMALL, LARGE]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, "auto").await;
    // 50 × 1 + 10 × 4.
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(SMALL), 90), "{run}");
    let choice = |model: &str, cost: i64, quality: &str| {
        json!({
            "model": model, "cost_micros": cost, "quality": quality, "concerns": [],
            "reason": {"because": "good_enough", "floor": "0.550"},
        })
    };
    let prompt = run["route"]["chosen"]["cost_micros"].as_i64().unwrap() - 1_600;
    let expected = json!({
        "policy": "auto",
        "class": "general",
        "currency": "CNY",
        "chosen": choice(SMALL, prompt + 1_600, "0.610"),
        "runner_up": choice(LARGE, 2 * (prompt + 1_600), "0.900"),
        "excluded": [],
        "more_excluded": 0,
        "expected_micros": prompt + 1_600,
        "reference": "toy/large__say-10.prompt-50",
        "saving": {"saving": "known", "reference_micros": 2 * (prompt + 1_600), "saved_micros": prompt + 1_600},
        // Really: 180 there, and 90 here.
        "ending": {"draft": null, "tried": [], "model": SMALL, "cost_micros": 90, "reference_micros": 180, "saved_micros": 90},
    });
    assert_eq!(run["route"], expected);
    assert_eq!(owed(&app).await, [90]);
    is_sound(&app).await;
}

#[tokio::test]
async fn when_one_has_no_answer_the_next_is_asked_and_its_price_is_paid() {
    let street = Street::open(&[SICK, LARGE]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, "auto").await;
    assert_eq!((run["state"].as_str(), run["model"].as_str()), (Some("succeeded"), Some(LARGE)), "{run}");
    // 50 × 2 + 10 × 8; nothing for the other's faults.
    assert_eq!(micros(&run), 180);
    assert_eq!(run["route"]["chosen"]["model"], SICK);
    let ending = json!({
        "draft": null, "tried": [{"model": SICK, "code": "upstream_down"}], "model": LARGE,
        "cost_micros": 180, "reference_micros": 180, "saved_micros": 0,
    });
    assert_eq!(run["route"]["ending"], ending);
    assert_eq!(owed(&app).await, [180]);
    let spend = lin.get("/api/v1/me/spend?by=model").await.expect(200).json();
    assert_eq!(spend["rows"][0]["key"], LARGE, "{spend}");
    is_sound(&app).await;

    // Three attempts failed, and a fourth opens its breaker: then it is not asked any more.
    asked(&mut lin, "auto").await;
    let third = asked(&mut lin, "auto").await;
    assert_eq!(third["route"]["chosen"]["model"], LARGE, "{third}");
    assert_eq!(third["route"]["excluded"], json!([{"model": SICK, "causes": [{"cause": "resting"}]}]));
    assert_eq!(third["route"]["ending"]["tried"], json!([]));
    is_sound(&app).await;
}

#[tokio::test]
async fn a_model_of_this_machine_steps_in_for_vendors() {
    let street = Street::open(&[SICK]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, "auto").await;
    assert_eq!((run["model"].as_str(), micros(&run)), (Some("tiny-chat"), 0), "{run}");
    assert_eq!(run["route"]["runner_up"]["reason"], json!({"because": "unrated"}));
    assert_eq!(owed(&app).await, Vec::<i64>::new());
    is_sound(&app).await;
}

#[tokio::test]
async fn a_model_that_was_named_is_asked_and_no_other() {
    let street = Street::open(&[SICK, LARGE]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, SICK).await;
    assert_eq!((run["model"].as_str(), run["error"]["code"].as_str()), (Some(SICK), Some("upstream_down")));
    assert_eq!((run["route"].clone(), micros(&run)), (Value::Null, 0));
    is_sound(&app).await;
}

#[tokio::test]
async fn programs_ask_for_policies_like_models() {
    let street = Street::open(&[SICK, LARGE]).await;
    let app = street.build().start().await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    let list = key.get("/v1/models").await.expect(200).json();
    let policies = list["data"].as_array().unwrap().iter().filter(|model| model["owned_by"] == "policy");
    let policies: Vec<&str> = policies.map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(policies, ["auto", "best", "cheap", "strict"]);
    let own = lin.get("/api/v1/models").await.expect(200).json();
    assert_eq!(own["policies"][0], json!({"id": "auto", "name": {"zh": "自动", "en": "Automatic"}}));

    // Several answers are one bill, so one model is asked for all of them: here the one that fails.
    let mut several = chat("auto");
    several["n"] = json!(2);
    assert_eq!(key.post("/v1/chat/completions", several).await.status, 502);
    let answer = key.post("/v1/chat/completions", chat("auto")).await.expect(200).json();
    assert_eq!(answer["usage"]["completion_tokens"], 10, "{answer}");
    let mut stream = chat("auto");
    stream["stream"] = json!(true);
    let text = key.post("/v1/chat/completions", stream).await.expect(200).text();
    assert!(text.ends_with("data: [DONE]\n\n") && !text.contains("error"), "{text}");
    assert_eq!(owed(&app).await, [180, 180]);
    is_sound(&app).await;
}

#[tokio::test]
async fn who_asks_for_what_there_is_not_is_told_what_was_meant() {
    let street = Street::open(&[]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let mut question = lin.question(None, "hello");
    question["model"] = json!("chaep");
    let problem = lin.post(&format!("/api/v1/threads/{thread}/runs"), question).await.expect(404).json();
    assert_eq!(problem["detail"], "There is no such model. Did you mean the policy `cheap`?");
    let mut key = app.key_of(&lin).await;
    let error = key.post("/v1/chat/completions", chat("tiny-chta")).await.expect(404).json();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("There is no such model. Did you mean the model `tiny-chat`?"), "{message}");
}

#[tokio::test]
async fn when_nobody_can_answer_the_error_says_why_in_the_words_of_the_face() {
    let street = Street::open(&[SICK]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    asked(&mut lin, SICK).await;
    asked(&mut lin, SICK).await;
    let why = "Nobody can answer as the policy `strict` wants. `tiny-chat` has no figure of quality. \
               `toy/small__say-10.prompt-50.down` only fails at the moment.";
    let mut key = app.key_of(&lin).await;
    let error = key.post("/v1/chat/completions", chat("strict")).await.expect(503).json();
    assert_eq!(error["error"]["code"], "no_route");
    assert!(error["error"]["message"].as_str().unwrap().starts_with(why), "{error}");
    let thread = lin.open_thread("ask").await;
    let mut question = lin.question(None, "hello");
    question["model"] = json!("strict");
    let answer = lin.post(&format!("/api/v1/threads/{thread}/runs"), question).await;
    assert_eq!(answer.problem(503), "no_route");
    assert_eq!(answer.json()["detail"], why);
    assert_eq!(lin.messages(&thread).await["items"], json!([]));
    is_sound(&app).await;
}

#[tokio::test]
async fn who_cannot_pay_the_dear_one_is_answered_by_the_cheap_one() {
    // The agent writes 512 tokens at most: 2,048 micro-yuan at the small one, 4,096 at the large one, and the prompt.
    let plan = r#"
id = "free"
rank = 0
name = { zh = "免费版", en = "Free" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["toy/*"], tools = [], apps = [] }
limits = { concurrent_runs = 4, weight = 1 }
[[allowance]]
window = "day"
credits = "0.003"
"#;
    let street = Street::open(&[SMALL, LARGE]).await;
    let app = street.build().plan("free", plan).start().await;
    app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let run = asked(&mut mei, "best").await;
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(SMALL), 90), "{run}");
    let excluded = &run["route"]["excluded"];
    assert_eq!(
        excluded[0],
        json!({"model": "tiny-chat", "causes": [{"cause": "not_in_plan"}]}),
        "{excluded}"
    );
    assert_eq!(
        (&excluded[1]["model"], &excluded[1]["causes"][0]["left_micros"]),
        (&json!(LARGE), &json!(3_000))
    );
    // What is left does not do for the small one either, and the plan says so itself.
    for _ in 0..20 {
        let thread = mei.open_thread("ask").await;
        let mut question = mei.question(None, "hello");
        question["model"] = json!("best");
        let answer = mei.post(&format!("/api/v1/threads/{thread}/runs"), question).await;
        if answer.status == 202 {
            mei.finished(&answer.json()).await;
            continue;
        }
        assert_eq!(answer.problem(429), "quota_exceeded");
        is_sound(&app).await;
        return;
    }
    panic!("it went on for ever");
}

#[tokio::test]
async fn what_is_held_is_enough_for_whoever_answers() {
    let street = Street::open(&[SICK, LARGE]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, "auto").await;
    assert_eq!(micros(&run), 180);
    let scope = app.scope_of(&lin).await;
    let entries = store::ledger::audit(&app.db, scope.workspace_id).await.unwrap().entries;
    // 512 tokens of an answer of the large one, whoever was to be asked first.
    let held = entries.iter().map(|entry| entry.money.amount).max().unwrap();
    assert!(held > Amount::from_micros(512 * 8), "{held}");
    let id = serde_json::from_value(run["id"].clone()).unwrap();
    let charge = store::charges::get(&app.db, scope, id).await.unwrap().unwrap().charge;
    assert_eq!(charge.model, LARGE);
}

#[tokio::test]
async fn what_policies_saved_is_added_up_for_those_who_run_the_workspace() {
    let street = Street::open(&[SMALL, LARGE]).await;
    let app = street.build().start().await;
    let mut lin = app.owner().await;
    for policy in ["auto", "auto", "best"] {
        asked(&mut lin, policy).await;
    }
    asked(&mut lin, LARGE).await;
    let yuan = |micros: i64| json!({"micros": micros, "currency": "CNY"});
    let sum = |answers: u64, cost: i64, reference: i64| {
        json!({
            "answers": answers, "known": answers, "cost": yuan(cost), "at_reference": yuan(reference),
            "saved": yuan(reference - cost),
        })
    };
    let savings = lin.get("/api/v1/savings").await.expect(200).json();
    let mut auto = sum(2, 180, 360);
    (auto["policy"], auto["model"]) = (json!("auto"), json!(SMALL));
    assert_eq!(savings["rows"][0], auto, "{savings}");
    // `best` has no reference of its own: it is told against that of the price files.
    assert_eq!((&savings["rows"][1]["policy"], &savings["rows"][1]["answers"]), (&json!("best"), &json!(1)));
    assert_eq!(savings["total"]["answers"], 3);
    let mei = app.member("mei", app::Role::Member).await;
    assert_eq!(mei.get("/api/v1/savings").await.problem(403), "forbidden");
    let none = lin.get("/api/v1/savings?from=2026-01-01&until=2026-01-31").await.expect(200).json();
    assert_eq!((&none["rows"], &none["total"]), (&json!([]), &sum(0, 0, 0)));
}

#[tokio::test]
async fn a_restart_keeps_the_explanation() {
    let street = Street::open(&[SICK, LARGE]).await;
    let (run, session) = {
        let app = street.build().start().await;
        let mut lin = app.owner().await;
        (asked(&mut lin, "auto").await, lin.session())
    };
    let app = street.build().start().await;
    let lin = app.anonymous().with_session(&session);
    let again = lin.get(&format!("/api/v1/runs/{}", run["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(again, run);
    assert_eq!(again["route"]["ending"]["model"], LARGE);
}

#[tokio::test]
async fn a_watched_policy_says_what_it_would_have_saved_and_nobody_notices() {
    let street = Street::open(&[SMALL, LARGE]).await;
    let keeping = app::Keeping { keep_days: 2, ..app::Keeping::default() };
    let app = street.build().watch("cheap").requests(keeping).start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, LARGE).await;
    assert_eq!((micros(&run), run["route"].clone()), (180, Value::Null), "{run}");
    asked(&mut lin, "best").await;
    asked(&mut lin, "tiny-chat").await;
    asked(&mut lin, "cheap").await;
    let mut key = app.key_of(&lin).await;
    key.post("/v1/chat/completions", chat("auto")).await.expect(200);
    let told = lin.get("/api/v1/savings/watched").await.expect(200).json();
    let yuan = |micros: i64| json!({"micros": micros, "currency": "CNY"});
    // The model of this machine costs nothing. It was asked for by name once, the large one twice, and the small one once.
    let sum = json!({
        "answers": 4, "elsewhere": 3, "nobody": 0, "known": 4,
        "cost": yuan(450), "would_cost": yuan(0), "would_save": yuan(450),
    });
    assert_eq!(
        (&told["watched"], &told["policies"][0]["policy"]),
        (&json!("cheap"), &json!("cheap")),
        "{told}"
    );
    assert_eq!(told["policies"][0]["total"], sum, "{told}");
    let mut day = sum;
    day["day"] = told["until"].clone();
    assert_eq!(told["policies"][0]["days"], json!([day]));
    assert_eq!(owed(&app).await, [90, 180, 180]);
    is_sound(&app).await;
    let mei = app.member("mei", app::Role::Member).await;
    assert_eq!(mei.get("/api/v1/savings/watched").await.problem(403), "forbidden");

    // Others are kept for as long as requests are.
    app.clock.advance(Duration::from_secs(86_400));
    asked(&mut lin, LARGE).await;
    app.app.store_requests().await.unwrap();
    app.clock.advance(Duration::from_secs(86_400 + 1));
    app.app.prune_requests().await.unwrap();
    let all = lin.get("/api/v1/savings/watched?from=2026-01-01&until=2026-12-31").await.expect(200).json();
    assert_eq!(all["policies"][0]["total"]["answers"], 1, "{all}");
}

#[tokio::test]
async fn who_would_have_fallen_back_the_same_way_saves_nothing_and_nobody_is_counted_apart() {
    let street = Street::open(&[SICK, LARGE]).await;
    let app = street.build().watch("strict").start().await;
    let mut lin = app.owner().await;
    asked(&mut lin, "auto").await;
    let total = async |lin: &Client| {
        lin.get("/api/v1/savings/watched").await.expect(200).json()["policies"][0]["total"].clone()
    };
    let first = total(&lin).await;
    assert_eq!(
        (&first["answers"], &first["elsewhere"], &first["would_save"]["micros"]),
        (&json!(1), &json!(0), &json!(0))
    );
    let idle = Street::open(&[]).await.build().start().await;
    let told = idle.owner().await.get("/api/v1/savings/watched").await.expect(200).json();
    assert_eq!((&told["watched"], &told["policies"]), (&Value::Null, &json!([])));
}

#[test]
fn a_policy_that_there_is_not_cannot_be_watched() {
    let routing = app::Routing::read(&DataTree::embedded()).unwrap();
    let error = routing.watching("chaep").unwrap_err();
    assert_eq!(
        error.to_string(),
        "[routing] watch: there is no policy `chaep`; there are `auto`, `best`, `cheap`"
    );
}

/// Everybody's plan, with something more.
fn free_with(more: &str) -> String {
    format!(
        r#"
id = "free"
rank = 0
{more}
name = {{ zh = "免费版", en = "Free" }}
at_end = {{ then = "stop" }}
price = {{ currency = "CNY", amount = "0", every = "month" }}
access = {{ agents = ["*"], models = ["*"], tools = [], apps = [] }}
limits = {{ concurrent_runs = 4, weight = 1 }}
"#
    )
}

#[tokio::test]
async fn a_plan_names_the_policy_of_those_who_name_nothing() {
    let street = Street::open(&[SMALL, LARGE]).await;
    let app = street.build().plan("free", &free_with("policy = \"strict\"")).start().await;
    let lin = app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let thread = mei.open_thread("ask").await;
    let question = mei.question(None, "say hello to my cat");
    let run = mei.post(&format!("/api/v1/threads/{thread}/runs"), question).await.expect(202).json();
    let run = mei.finished(&run).await;
    assert_eq!((&run["model"], &run["route"]["policy"]), (&json!(SMALL), &json!("strict")), "{run}");
    // `auto` is as the plan says; any other name is what it is.
    assert_eq!(asked(&mut mei, "auto").await["route"]["policy"], "strict");
    assert_eq!(asked(&mut mei, "best").await["route"]["policy"], "best");
    let agent = json!({"model": "agent/ask", "messages": [{"role": "user", "content": "say hello"}]});
    let mut key = app.key_of(&mei).await;
    key.post("/v1/chat/completions", agent).await.expect(200);
    assert_eq!(owed(&app).await.len(), 4);
    let plan = mei.get("/api/v1/me/plan").await.expect(200).json();
    assert_eq!(plan["plan"]["policy"], "strict", "{plan}");
    let offered = lin.get("/api/v1/plans").await.expect(200).json();
    assert_eq!(
        (&offered["items"][0]["policy"], &offered["items"][1]["policy"]),
        (&json!("strict"), &Value::Null)
    );
    is_sound(&app).await;
}

#[test]
fn a_plan_whose_policy_there_is_not_is_refused() {
    let routing = app::Routing::read(&DataTree::embedded()).unwrap();
    let free = free_with("policy = \"chaep\"");
    let plans = plans::Plans::read([("plans/free.toml", free.as_str())]).unwrap();
    let error = routing.must_serve(&plans).unwrap_err();
    assert_eq!(
        error.to_string(),
        "data/plans/free.toml: policy: there is no policy `chaep`; there are `auto`, `best`, `cheap`"
    );
}
