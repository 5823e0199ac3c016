//! A cheap model's answer is written unseen and looked at: shown when it passes, and else a better model is asked. To the micro-unit.

use money::Amount;
use serde_json::{Value, json};
use testkit::{Client, Script, TestApp};

use crate::money::is_sound;
use crate::routing::{LARGE, SICK, SMALL, Street, asked, micros, owed};

/// A cascade with this check. The small one is below its floor.
fn thrifty(check: &str) -> String {
    format!(
        r#"
id = "thrifty"
name = {{ zh = "精打细算", en = "Thrifty" }}
[way]
kind = "cascade"
floor = {{ usual = "0.8" }}
escalations = "0.3"
check = {{ {check} }}
[reference]
vendor = "toy"
model = "large__say-10.prompt-50"
"#
    )
}

/// Everybody may ask vendors' models and no other.
const FREE: &str = r#"
id = "free"
rank = 0
name = { zh = "免费版", en = "Free" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["toy/*"], tools = [], apps = [] }
limits = { concurrent_runs = 4, weight = 1 }
[[allowance]]
window = "day"
credits = "1"
"#;

/// For a million tokens of this machine's model: in, in from its cache, out.
const CHEAP_HERE: [&str; 3] = ["0.30", "0.03", "1.50"];

/// A large one that is out of order.
const LARGE_SICK: &str = "toy/large__say-10.prompt-50.down";

async fn open(offered: &[&str], check: &str) -> (Street, TestApp, Client) {
    let street = Street::open(offered).await;
    let app = street.build().plan("free", FREE).file("routing/thrifty.toml", &thrifty(check)).start().await;
    app.owner().await;
    let mei = app.member("mei", app::Role::Member).await;
    (street, app, mei)
}

#[tokio::test]
async fn a_draft_that_passes_is_shown_and_costs_what_it_costs() {
    let (_street, app, mut mei) = open(&[SMALL, LARGE], r#"kind = "form""#).await;
    let run = asked(&mut mei, "thrifty").await;
    // 50 × 1 + 10 × 4.
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(SMALL), 90), "{run}");
    let route = &run["route"];
    assert_eq!((&route["chosen"]["model"], &route["runner_up"]["model"]), (&json!(SMALL), &json!(LARGE)));
    assert_eq!(
        route["chosen"]["reason"],
        json!({"because": "tried_first", "floor": "0.800", "escalations": "0.300"})
    );
    let draft =
        json!({"model": SMALL, "answers": 1, "passed": true, "found": {"found": "fits"}, "cost_micros": 0});
    let ending = json!({
        "draft": draft, "tried": [], "model": SMALL, "cost_micros": 90, "reference_micros": 180, "saved_micros": 90,
    });
    assert_eq!(route["ending"], ending);
    assert_eq!(owed(&app).await, [90]);
    is_sound(&app).await;
}

#[tokio::test]
async fn a_draft_that_does_not_pass_is_seen_by_nobody_and_paid_beside_the_answer() {
    let (_street, app, mut mei) = open(&[SMALL, LARGE], r#"kind = "json""#).await;
    let run = asked(&mut mei, "thrifty").await;
    // 50 × 2 + 10 × 8, and 90 for the other, of which there is not a word.
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(LARGE), 270), "{run}");
    let found = json!({"found": "not_json"});
    let draft = json!({"model": SMALL, "answers": 1, "passed": false, "found": found, "cost_micros": 90});
    let ending = json!({
        "draft": draft, "tried": [], "model": LARGE, "cost_micros": 270, "reference_micros": 180, "saved_micros": -90,
    });
    assert_eq!(run["route"]["ending"], ending);
    assert_eq!(run["usage"]["output_tokens"], 10);
    assert_eq!(owed(&app).await, [270]);
    // The agent writes 512 tokens at most: those of both were held.
    let scope = app.scope_of(&mei).await;
    let entries = store::ledger::audit(&app.db, scope.workspace_id).await.unwrap().entries;
    let held = entries.iter().map(|entry| entry.money.amount).max().unwrap();
    assert!(held > Amount::from_micros(512 * 12), "{held}");
    is_sound(&app).await;

    // Programs are told nothing of it but the answer.
    let mut key = app.key_of(&mei).await;
    let mut chat =
        json!({"model": "thrifty", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100});
    let answer = key.post("/v1/chat/completions", chat.clone()).await.expect(200).json();
    assert_eq!(answer["usage"]["completion_tokens"], 10, "{answer}");
    chat["stream"] = json!(true);
    let text = key.post("/v1/chat/completions", chat.clone()).await.expect(200).text();
    assert!(text.ends_with("data: [DONE]\n\n") && !text.contains("error"), "{text}");
    assert_eq!(owed(&app).await, [270, 270, 270]);
    // Several answers are no drafts: the better one writes them all.
    chat["stream"] = json!(false);
    chat["n"] = json!(2);
    key.post("/v1/chat/completions", chat).await.expect(200);
    // Their prompt is paid at each.
    assert_eq!(owed(&app).await, [270, 270, 270, 360]);
    is_sound(&app).await;
}

#[tokio::test]
async fn of_several_drafts_that_agree_one_is_shown_and_all_are_paid() {
    let check = r#"kind = "agreement", answers = 3, agree = 2"#;
    let (_street, app, mut mei) = open(&[SMALL, LARGE], check).await;
    let run = asked(&mut mei, "thrifty").await;
    // Three times 90: who compares has all of them written.
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(SMALL), 270), "{run}");
    let found = json!({"found": "agreed", "agree": 3, "of": 3});
    assert_eq!(
        run["route"]["ending"]["draft"],
        json!({"model": SMALL, "answers": 3, "passed": true, "found": found, "cost_micros": 180})
    );
    assert_eq!(run["route"]["ending"]["cost_micros"], 270);
    assert_eq!(owed(&app).await, [270]);
    is_sound(&app).await;
}

#[tokio::test]
async fn only_short_answers_are_compared() {
    let check = r#"kind = "agreement", answers = 2, agree = 2, longest = 5"#;
    let (_street, app, mut mei) = open(&[SMALL, LARGE], check).await;
    let run = asked(&mut mei, "thrifty").await;
    // Two drafts of five tokens: 50 × 1 + 5 × 4.
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(LARGE), 140 + 180), "{run}");
    assert_eq!(run["route"]["ending"]["draft"]["found"], json!({"found": "unfinished"}));
    assert_eq!(owed(&app).await, [140 + 180]);
    is_sound(&app).await;
}

#[tokio::test]
async fn a_draft_that_nobody_can_write_leads_on() {
    let (_street, app, mut mei) = open(&[SICK, LARGE], r#"kind = "form""#).await;
    let run = asked(&mut mei, "thrifty").await;
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(LARGE), 180), "{run}");
    let ending = &run["route"]["ending"];
    assert_eq!((&ending["draft"], &ending["tried"][0]["model"]), (&Value::Null, &json!(SICK)));
    assert_eq!(owed(&app).await, [180]);
    is_sound(&app).await;
}

#[tokio::test]
async fn when_the_better_one_fails_the_draft_stays_unseen_and_nobody_pays_but_the_operator() {
    let (_street, app, mut mei) = open(&[SMALL, LARGE_SICK], r#"kind = "json""#).await;
    let run = asked(&mut mei, "thrifty").await;
    assert_eq!((run["state"].as_str(), micros(&run)), (Some("failed"), 0), "{run}");
    assert_eq!(run["route"]["ending"]["draft"]["passed"], false);
    assert_eq!(owed(&app).await, [90]);
    is_sound(&app).await;
}

#[tokio::test]
async fn a_model_of_this_machine_drafts_at_its_own_price() {
    let street = Street::open(&[LARGE]).await;
    let check = thrifty(r#"kind = "json""#);
    let app = street.build().file("routing/thrifty.toml", &check).start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, "thrifty").await;
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(LARGE), 180), "{run}");
    let ending = &run["route"]["ending"];
    assert_eq!((&ending["draft"]["model"], &ending["cost_micros"]), (&json!("tiny-chat"), &json!(180)));
    assert_eq!(owed(&app).await, [180]);
    is_sound(&app).await;

    let street = Street::open(&[LARGE]).await;
    let build = street.build().prices(CHEAP_HERE).file("routing/thrifty.toml", &check);
    let app = build.start().await;
    let mut lin = app.owner().await;
    let run = asked(&mut lin, "thrifty").await;
    // 4 × 0.30 + 3 × 0.03 + 2 × 1.50 = 4.29.
    assert_eq!((run["model"].as_str(), micros(&run)), (Some(LARGE), 184), "{run}");
    assert_eq!(run["route"]["ending"]["draft"]["cost_micros"], 4);
    assert_eq!(owed(&app).await, [180]);
    is_sound(&app).await;
}

#[tokio::test]
async fn whoever_stops_a_draft_pays_what_was_written_of_it() {
    let street = Street::open(&[LARGE]).await;
    let check = thrifty(r#"kind = "form""#);
    let app = street.build().prices(CHEAP_HERE).file("routing/thrifty.toml", &check).start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().text("a").text("b").text("c").hangs());
    let mut question = lin.question(None, "hello");
    question["model"] = json!("thrifty");
    let run = lin.post(&format!("/api/v1/threads/{thread}/runs"), question).await.expect(202).json();
    // That a model has begun is told; what it writes is not.
    let begun = lin.events(&run).await.take(1).await;
    assert_eq!(begun[0].data, json!({"type": "started", "model": "tiny-chat"}));
    lin.post(&format!("/api/v1/runs/{}/cancel", run["id"].as_str().unwrap()), json!({})).await.expect(202);
    app.model.aborted(1).await;
    let run = lin.finished(&run).await;
    // 1.29 for the prompt, and three pieces at 1.50.
    assert_eq!(
        (run["state"].as_str(), run["model"].as_str()),
        (Some("cancelled"), Some("tiny-chat")),
        "{run}"
    );
    assert_eq!((micros(&run), &run["route"]["ending"]["draft"]), (6, &Value::Null));
    assert_eq!(lin.messages(&thread).await["items"][1]["parts"], json!([]));
    assert_eq!(owed(&app).await, Vec::<i64>::new());
    is_sound(&app).await;
}

#[tokio::test]
async fn a_draft_is_made_where_both_can_be_paid() {
    // The agent writes 512 tokens at most: 2,048 micro-yuan at the small one, 4,096 at the large one, and the prompts.
    for (credits, short, answered) in [
        ("0.005", "refuse", Some((LARGE, 180, "good_enough"))),
        ("0.003", "best", Some((SMALL, 90, "best_below"))),
        ("0.003", "refuse", None),
    ] {
        let street = Street::open(&[SMALL, LARGE]).await;
        let policy =
            thrifty(r#"kind = "json""#).replace("escalations", &format!("short = \"{short}\"\nescalations"));
        let plan = FREE.replace(r#"credits = "1""#, &format!("credits = \"{credits}\""));
        let app = street.build().plan("free", &plan).file("routing/thrifty.toml", &policy).start().await;
        app.owner().await;
        let mut mei = app.member("mei", app::Role::Member).await;
        let Some((model, cost, reason)) = answered else {
            let thread = mei.open_thread("ask").await;
            let mut question = mei.question(None, "say hello to my cat");
            question["model"] = json!("thrifty");
            let answer = mei.post(&format!("/api/v1/threads/{thread}/runs"), question).await;
            assert_eq!(answer.problem(429), "quota_exceeded");
            continue;
        };
        let run = asked(&mut mei, "thrifty").await;
        assert_eq!((run["model"].as_str(), micros(&run)), (Some(model), cost), "{run}");
        assert_eq!(run["route"]["chosen"]["reason"]["because"], reason, "{run}");
        assert_eq!(run["route"]["ending"]["draft"], Value::Null);
        is_sound(&app).await;
    }
}

#[tokio::test]
async fn the_form_that_a_program_asks_for_is_looked_at() {
    let plain = "toy/small__say-10.prompt-50";
    let json_large = "toy/large__say-10.prompt-50";
    let (_street, app, mei) = open(&[plain, json_large], r#"kind = "form""#).await;
    let mut key = app.key_of(&mei).await;
    let mut chat =
        json!({"model": "thrifty", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100});
    chat["response_format"] = json!({"type": "json_object"});
    // Neither writes JSON here: the small one is found out, the large one has the last word.
    key.post("/v1/chat/completions", chat).await.expect(200);
    assert_eq!(owed(&app).await, [270]);
    is_sound(&app).await;
}
