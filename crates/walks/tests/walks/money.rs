//! Who pays what for which outcome, through the API: the table of the settlement, row by row, and the refusals.

use std::time::Duration;

use accounts::KeyWish;
use ledger::{Account, Act, Command, History, Reason, breaches};
use money::Amount;
use serde_json::{Value, json};
use stdx::Clock;
use store::ledger::Sheet;
use store::{Batch, BudgetTerm, Durability, KeyBudget};
use testkit::{Client, Gate, Home, Script, TestApp, TestAppBuilder};
use wire::ErrorCode;

/// 3.00, 0.30 and 15.00 yuan for a million tokens: uncached input, cached input, output.
pub(crate) fn priced() -> TestAppBuilder {
    TestApp::build().prices(["3.00", "0.30", "15.00"])
}

/// An allowance of one yuan in five hours, then the wallet.
const SMALL: &str = r#"
id = "free"
rank = 0
name = { zh = "小", en = "Small" }
at_end = { then = "wallet" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["tiny-chat"], tools = [], apps = [] }
limits = { concurrent_runs = 2, weight = 1 }
allowance = [{ window = "5h", tokens = 2000 }]
"#;

async fn asked(client: &Client) -> Value {
    let thread = client.open_thread("ask").await;
    let run = client.ask(&thread, "hello").await;
    client.finished(&run).await
}

fn cost(micros: i64, paid_by: &str) -> Value {
    json!({
        "micros": micros, "currency": "CNY", "paid_by": paid_by, "is_estimated": false, "is_unpriced": false,
    })
}

/// Debits equal credits, nothing is held, and what was used is what was charged.
pub(crate) async fn is_sound(app: &TestApp) {
    let workspace = store::workspaces::first(&app.db).await.unwrap().unwrap();
    let audit = store::ledger::audit(&app.db, workspace.id).await.unwrap();
    let history = History {
        entries: &audit.entries,
        holds: &audit.holds,
        charges: &audit.charges,
        floors: &audit.floors,
        now: app.clock.now(),
    };
    assert_eq!(breaches(&history), []);
    assert_eq!(audit.drift(), []);
    assert!(audit.holds.iter().all(|hold| !hold.is_open()), "something is held still");
}

pub(crate) async fn top_up(app: &TestApp, client: &Client, micros: i64) {
    let actor = app.accounts.actor_of_session(&stdx::Secret::new(client.session())).await.unwrap();
    let money = Amount::from_micros(micros).of("CNY".parse().unwrap());
    let to = Account::Wallet(actor.member_id);
    let act = Act::Transfer { reason: Reason::TopUp, from: Account::Cash, to, money };
    let command = Command { id: app.id(), at: app.clock.now(), act };
    let mut sheet = Sheet::read(&app.db, actor.workspace_id, std::slice::from_ref(&command)).await.unwrap();
    let mut batch = Batch::new(Durability::Full);
    batch.extend(sheet.perform(&command).unwrap());
    app.db.write(batch).await.unwrap();
}

#[tokio::test]
async fn a_whole_answer_costs_the_tokens_that_were_used() {
    let app = priced().start().await;
    let lin = app.owner().await;
    app.model.next(Script::says(["Hello", " there"]));
    let thread = lin.open_thread("ask").await;
    let run = lin.ask(&thread, "hello").await;
    let events = lin.events(&run).await.rest().await;
    // 4 × 3.00 + 3 × 0.30 + 2 × 15.00 = 42.9 micro-yuan, rounded once.
    assert_eq!(events.last().unwrap().data["cost"], cost(43, "allowance"));
    assert_eq!(lin.finished(&run).await["cost"], cost(43, "allowance"));
    let page = lin.messages(&thread).await;
    assert_eq!(page["runs"][0]["cost"], cost(43, "allowance"), "{page}");
    is_sound(&app).await;
}

#[tokio::test]
async fn a_stopped_answer_costs_the_prompt_and_what_was_written_and_one_that_was_left_goes_on() {
    let app = priced().start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let gate = Gate::new();
    app.model.next(Script::new().started().text("a").text("b").text("c").waits(&gate).text("d").done());
    let run = lin.ask(&thread, "hello").await;
    lin.events(&run).await.take(4).await;
    lin.post(&format!("/api/v1/runs/{}/cancel", run["id"].as_str().unwrap()), json!({})).await;
    // 12.9 for the prompt, and three pieces.
    assert_eq!(lin.finished(&run).await["cost"], cost(58, "allowance"));

    app.model.next(Script::new().started().text("a").waits(&gate).text("b").done());
    let left = lin.ask_below(&thread, run["reply_id"].as_str(), "more").await;
    lin.events(&left).await.take(2).await;
    gate.open();
    assert_eq!(lin.finished(&left).await["cost"], cost(43, "allowance"));
    is_sound(&app).await;
}

#[tokio::test]
async fn what_an_answer_costs_is_told_while_it_is_written() {
    let app = priced().start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["a", "b", "c"]));
    let run = lin.ask(&thread, "hello").await;
    let mut events = lin.events(&run).await;
    gate.let_through(1);
    let spent = |micros| {
        let mut so_far = cost(micros, "allowance");
        so_far["is_estimated"] = json!(true);
        json!({"type": "spent", "cost": so_far})
    };
    assert_eq!(events.take(3).await[2].data, spent(28));
    app.clock.advance(Duration::from_secs(1));
    gate.let_through(1);
    assert_eq!(events.take(2).await[1].data, spent(43));
    gate.let_through(2);
    let rest = events.rest().await;
    let names: Vec<_> = rest.iter().map(|event| event.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["text_delta", "finished"], "told once a second at most");
    assert_eq!(rest[1].data["cost"], cost(58, "allowance"));
}

#[tokio::test]
async fn an_answer_that_costs_nothing_says_nothing_of_it_while_it_is_written() {
    let app = TestApp::build().start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::says(["a"]));
    let run = lin.ask(&thread, "hello").await;
    let names: Vec<_> =
        lin.events(&run).await.rest().await.into_iter().filter_map(|event| event.name).collect();
    assert_eq!(names, ["started", "text_delta", "finished"]);
}

#[tokio::test]
async fn a_failure_costs_nothing_before_the_first_token_and_what_was_shown_after_it() {
    let app = priced().start().await;
    let lin = app.owner().await;
    for (pieces, expected) in [(0, 0), (1, 15), (3, 45)] {
        let script = (0..pieces).fold(Script::new().started(), |script, _| script.text("x"));
        app.model.next(script.fails(ErrorCode::EngineFailed, "gone"));
        let run = asked(&lin).await;
        assert_eq!((&run["state"], &run["cost"]), (&json!("failed"), &cost(expected, "allowance")));
    }
    app.model.next(Script::new().started().text("half"));
    assert_eq!(asked(&lin).await["cost"], cost(15, "allowance"), "ended without a word about its usage");
    is_sound(&app).await;
}

#[tokio::test]
async fn an_answer_whose_thread_is_deleted_costs_what_was_written() {
    let app = priced().plan("free", SMALL).start().await;
    app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let thread = mei.open_thread("ask").await;
    app.model.next(Script::new().started().text("a").text("b").hangs());
    let run = mei.ask(&thread, "hello").await;
    mei.events(&run).await.take(3).await;
    mei.delete(&format!("/api/v1/threads/{thread}")).await.expect(204);
    app.model.aborted(1).await;
    while app.app.live_run_count() > 0 {
        tokio::task::yield_now().await;
    }
    is_sound(&app).await;
    let plan = mei.get("/api/v1/me/plan").await.expect(200).json();
    assert_eq!((&plan["running"], &plan["allowances"][0]["used"]), (&json!(0), &json!(9)), "{plan}");
}

#[tokio::test]
async fn a_crash_costs_what_was_stored() {
    let home = Home::new();
    let first = priced().home(&home).start().await;
    let lin = first.owner().await;
    let thread = lin.open_thread("ask").await;
    first.model.next(Script::new().started().text("a").text("b").hangs());
    let run = lin.ask(&thread, "hello").await;
    lin.events(&run).await.take(3).await;

    // The next life begins while the first one hangs, as after a kill: it never comes to store an end.
    let second = priced().home(&home).start().await;
    let lin = second.anonymous().with_session(&lin.session());
    let ended = lin.finished(&run).await;
    assert_eq!((&ended["state"], &ended["cost"]), (&json!("interrupted"), &cost(30, "allowance")));
    is_sound(&second).await;
    drop(first);
}

#[tokio::test]
async fn whoever_has_used_up_their_plan_is_told_when_it_goes_on_and_what_helps() {
    let app = priced().plan("free", &SMALL.replace("then = \"wallet\"", "then = \"stop\"")).start().await;
    app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["a"]));
    let thread = mei.open_thread("ask").await;
    let running = mei.ask(&thread, "hello").await;
    // What goes on counts with the most it can take: 512 tokens of answer, and the bytes of the prompt.
    let long = "word ".repeat(170);
    let runs = format!("/api/v1/threads/{thread}/runs");
    let refused = mei.post(&runs, mei.question(None, &long)).await;
    assert_eq!(refused.problem(429), "quota_exceeded");
    let remedies = refused.json()["remedies"].clone();
    let upgrade = json!({"kind": "upgrade", "plan": "plus"});
    assert_eq!((&remedies[0]["kind"], &remedies[1]), (&json!("wait_until"), &upgrade));
    // Five hours after the running one began.
    assert!(remedies[0]["at"].as_str().unwrap().starts_with("2026-11-22T13:00:00"), "{remedies}");
    assert_eq!(mei.messages(&thread).await["items"].as_array().unwrap().len(), 2, "nothing was kept of it");

    gate.open();
    mei.finished(&running).await;
    let sent = mei.post(&runs, mei.question(None, &long)).await.expect(202).json();
    mei.finished(&sent).await;
    let longer = "word ".repeat(400);
    let refused = mei.post(&runs, mei.question(None, &longer)).await;
    assert_eq!(refused.problem(429), "quota_exceeded");
    assert_eq!(refused.json()["remedies"][0], json!({"kind": "ask_for_less"}));
    is_sound(&app).await;
}

#[tokio::test]
async fn what_the_plan_does_not_have_is_named_with_the_plan_that_has_it() {
    let app = priced().plan("free", &SMALL.replace("\"tiny-chat\"", "\"other-*\"")).start().await;
    app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let thread = mei.open_thread("ask").await;
    let refused = mei.post(&format!("/api/v1/threads/{thread}/runs"), mei.question(None, "hello")).await;
    assert_eq!(refused.problem(403), "plan_required");
    assert_eq!(refused.json()["remedies"], json!([{"kind": "upgrade", "plan": "plus"}]));
    assert!(refused.json()["detail"].as_str().unwrap().contains("tiny-chat"));
}

#[tokio::test]
async fn answers_at_once_are_as_many_as_the_plan_allows() {
    let app = priced().plan("free", SMALL).start().await;
    app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let gate = Gate::new();
    app.model.always(Script::says_behind(&gate, ["a"]));
    let thread = mei.open_thread("ask").await;
    let first = mei.ask(&thread, "one").await;
    let second = mei.ask(&thread, "two").await;
    let refused = mei.post(&format!("/api/v1/threads/{thread}/runs"), mei.question(None, "three")).await;
    assert_eq!(refused.problem(429), "too_many_runs");
    assert_eq!(refused.json()["remedies"][0], json!({"kind": "finish_a_run"}));
    gate.open();
    mei.finished(&first).await;
    mei.finished(&second).await;
    let again = mei.ask(&thread, "three").await;
    mei.finished(&again).await;
    is_sound(&app).await;
}

#[tokio::test]
async fn beyond_the_allowance_the_wallet_pays_until_it_is_empty() {
    let app = priced().plan("free", &SMALL.replace("tokens = 2000", "tokens = 1")).start().await;
    app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let thread = mei.open_thread("ask").await;
    let refused = mei.post(&format!("/api/v1/threads/{thread}/runs"), mei.question(None, "hello")).await;
    assert_eq!(refused.problem(402), "wallet_empty");
    let remedies = refused.json()["remedies"].clone();
    let missing = remedies[0]["micros"].as_i64().unwrap();
    assert_eq!((&remedies[0]["kind"], missing > 7_680), (&json!("top_up"), true), "{remedies}");

    top_up(&app, &mei, missing).await;
    let run = mei.ask(&thread, "hello").await;
    app.model.asked(1).await;
    assert_eq!(mei.finished(&run).await["cost"], cost(43, "wallet"));
    let refused = mei.post(&format!("/api/v1/threads/{thread}/runs"), mei.question(None, "hello")).await;
    assert_eq!(refused.json()["remedies"][0], json!({"kind": "top_up", "micros": 43, "currency": "CNY"}));
    is_sound(&app).await;
}

#[tokio::test]
async fn a_call_without_a_thread_is_held_and_settled_too() {
    let app = priced().start().await;
    let lin = app.owner().await;
    let mut program = app.key_of(&lin).await;
    let call = json!({"model": "tiny-chat", "messages": [{"role": "user", "content": "hi"}], "n": 2});
    app.model.next(Script::says(["a", "b"]));
    app.model.next(Script::says(["c"]));
    program.post("/v1/chat/completions", call.clone()).await.expect(200);
    let texts = json!({"model": testkit::EMBEDDING_MODEL, "input": ["one", "two"]});
    program.post("/v1/embeddings", texts).await.expect(200);
    is_sound(&app).await;
    let workspace = store::workspaces::first(&app.db).await.unwrap().unwrap();
    let audit = store::ledger::audit(&app.db, workspace.id).await.unwrap();
    let mut charged: Vec<i64> = audit.charges.iter().map(|(_, money)| money.amount.micros()).collect();
    charged.sort_unstable();
    // One prompt of 4 + 3 cached tokens, three pieces: 12 + 0.9 + 45 = 57.9.
    assert_eq!(charged, [18, 58], "six tokens of texts, and the answers");
}

#[tokio::test]
async fn a_program_that_leaves_pays_for_what_was_written() {
    let app = priced().start().await;
    let lin = app.owner().await;
    let mut program = app.key_of(&lin).await;
    let gate = Gate::new();
    app.model.next(Script::new().started().text("a").text("b").waits(&gate).done());
    let call = json!({"model": "tiny-chat", "stream": true, "messages": [{"role": "user", "content": "hi"}]});
    let mut events = program.call("POST", "/v1/chat/completions").json(&call).stream().await;
    events.take(2).await;
    drop(events);
    app.model.aborted(1).await;
    let workspace = store::workspaces::first(&app.db).await.unwrap().unwrap();
    loop {
        let audit = store::ledger::audit(&app.db, workspace.id).await.unwrap();
        if let [(_, money)] = audit.charges.as_slice() {
            assert!([28, 43].contains(&money.amount.micros()), "{money:?}");
            break;
        }
        tokio::task::yield_now().await;
    }
    is_sound(&app).await;
}

#[tokio::test]
async fn a_key_spends_no_more_than_its_budget() {
    let app = priced().start().await;
    let lin = app.owner().await;
    let scope = app.scope_of(&lin).await;
    let budget = Some(KeyBudget { micros: 2_000, term: BudgetTerm::Month });
    let wish = KeyWish { name: "a shop".to_owned(), budget, ..KeyWish::default() };
    let (_, token) = app.key_for(scope, wish).await;
    let mut program = app.anonymous().with_bearer(&token);
    let call = |max_tokens: u32| {
        json!({
            "model": "tiny-chat", "max_tokens": max_tokens, "messages": [{"role": "user", "content": "hi"}],
        })
    };
    // 66 tokens at most go in, 100 come out at most: 1,698 micro-yuan are held, 43 or fewer are spent.
    app.model.next(Script::says(["a", "b"]));
    program.post("/v1/chat/completions", call(100)).await.expect(200);
    let refused = program.post("/v1/chat/completions", call(130)).await;
    assert_eq!(refused.expect(402).json()["error"]["code"], "budget_exceeded");
    app.model.next(Script::says(["a"]));
    program.post("/v1/chat/completions", call(100)).await.expect(200);
    is_sound(&app).await;
}

#[tokio::test]
async fn a_foreign_price_is_converted_once_and_refused_where_no_rate_is_known() {
    let app = TestApp::build().prices_in("USD", ["3.00", "0.30", "15.00"]).start().await;
    let lin = app.owner().await;
    app.model.next(Script::says(["Hello", " there"]));
    // 42.9 micro-dollars at 6.652882206 are 285.4 micro-yuan.
    assert_eq!(asked(&lin).await["cost"], cost(285, "allowance"));
    is_sound(&app).await;

    let app = TestApp::build().prices_in("XAU", ["3.00", "0.30", "15.00"]).start().await;
    app.owner().await;
    let mut mei = app.member("mei", app::Role::Member).await;
    let thread = mei.open_thread("ask").await;
    let refused = mei.post(&format!("/api/v1/threads/{thread}/runs"), mei.question(None, "hello")).await;
    assert_eq!(refused.problem(403), "plan_required");
    assert_eq!(
        refused.json()["detail"],
        "The model `tiny-chat` is unpriced: no rate XAU/CNY at 2026-11-22T08:00:00.001Z. The plan does not allow such \
         models."
    );
}
