//! Budgets above the plans, through the API: who is stopped by which, and who is told how much is used.

use std::time::Duration;

use accounts::{KeyWish, Role};
use serde_json::{Value, json};
use store::{BudgetTerm, KeyBudget};
use testkit::{Answer, Client, Gate, Script, TestApp};

/// An answer of a hundred tokens costs 0.10 yuan, and questions cost nothing.
async fn priced() -> TestApp {
    TestApp::build().prices(["0", "0", "1000.00"]).most_live_runs(2_000).start().await
}

fn call(max_tokens: u32) -> Value {
    json!({"model": "tiny-chat", "max_tokens": max_tokens, "messages": [{"role": "user", "content": "hi"}]})
}

/// A program with a key of a new member.
async fn program(app: &TestApp, login: &str) -> (Client, Client) {
    let person = app.member(login, Role::Member).await;
    let program = app.key_of(&person).await;
    (person, program)
}

async fn asks(program: &Client, max_tokens: u32) -> Answer {
    program.clone().post("/v1/chat/completions", call(max_tokens)).await
}

/// Something of who is signed in.
async fn own(client: &Client, pointer: &str) -> String {
    client.get("/api/v1/me").await.json().pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

async fn id_of(client: &Client) -> String {
    own(client, "/member/id").await
}

async fn home_of(client: &Client) -> String {
    own(client, "/workspace/id").await
}

/// A group of these.
async fn group_of(lin: &mut Client, people: &[&Client]) -> String {
    let group = lin.id();
    lin.post("/api/v1/groups", json!({"id": group, "name": "writers"})).await.expect(201);
    for person in people {
        let path = format!("/api/v1/groups/{group}/members/{}", id_of(person).await);
        lin.put(&path, Value::Null).await.expect(204);
    }
    group
}

#[tokio::test]
async fn a_refusal_says_whose_budget_it_is_and_until_when() {
    let app = priced().await;
    let mut lin = app.owner().await;
    let (mei, of_mei) = program(&app, "mei").await;
    let (_, of_wu) = program(&app, "wu").await;
    let (group, home, mei_id) = (group_of(&mut lin, &[&mei]).await, home_of(&lin).await, id_of(&mei).await);
    let set = json!({"micros": 150_000, "term": "day", "alert_at": [90]});
    let put = lin.put(&format!("/api/v1/budgets/group/{group}"), set).await.expect(200).json();
    assert_eq!(
        put,
        json!({
            "scope": "group", "id": group, "name": "writers", "micros": 150_000, "currency": "CNY", "term": "day",
            "alert_at": [90], "spent_micros": 0, "begins_anew_at": "2026-11-22T16:00:00Z",
            "changed_at": put["changed_at"],
        })
    );
    app.model.next(Script::says(["word"; 100]));
    asks(&of_mei, 100).await.expect(200);
    let refused = asks(&of_mei, 100).await.expect(402).json();
    assert_eq!(refused["error"]["code"], "budget_exceeded");
    assert_eq!(
        refused["error"]["message"],
        "The budget of the group `writers` is used up until 2026-11-22T16:00:00Z. Ask whoever owns the budget to raise it."
    );
    app.model.next(Script::says(["word"; 100]));
    asks(&of_wu, 100).await.expect(200);

    for (path, whose) in [("workspace", &home), ("member", &mei_id)] {
        let set = json!({"micros": 250_000, "term": "once"});
        lin.put(&format!("/api/v1/budgets/{path}/{whose}"), set).await.expect(200);
    }
    let all = lin.get("/api/v1/budgets").await.expect(200).json();
    let rows: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|row| (&row["scope"], &row["spent_micros"])).collect();
    let (member, of_group, workspace) = (json!("member"), json!("group"), json!("workspace"));
    let (one, two) = (json!(100_000), json!(200_000));
    assert_eq!(rows, [(&member, &one), (&of_group, &one), (&workspace, &two)]);
    assert_eq!(
        (&all["items"][0]["alert_at"], &all["items"][0]["begins_anew_at"]),
        (&json!([50, 80, 100]), &Value::Null)
    );

    // Of several that are used up the narrowest is named.
    let refused = asks(&of_mei, 200).await.expect(402).json();
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("The budget of this member has no room"), "{message}");
    let refused = asks(&of_wu, 100).await.expect(402).json();
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("The budget of the workspace has no room"), "{message}");
    lin.delete(&format!("/api/v1/budgets/workspace/{home}")).await.expect(204);
    app.model.next(Script::says(["word"; 100]));
    asks(&of_wu, 100).await.expect(200);
}

#[tokio::test]
async fn what_cannot_be_a_budget_is_refused() {
    let app = priced().await;
    let mut lin = app.owner().await;
    let home = home_of(&lin).await;
    let path = format!("/api/v1/budgets/workspace/{home}");
    for (body, word) in [
        (json!({"micros": 1_u64 << 63, "term": "day"}), "micros"),
        (json!({"micros": -1, "term": "day"}), "u64"),
        (json!({"micros": 1, "term": "week"}), "week"),
        (json!({"micros": 1, "term": "day", "alert_at": [0]}), "alert_at"),
        (json!({"micros": 1, "term": "day", "alert_at": [50, 50]}), "alert_at"),
        (json!({"micros": 1, "term": "day", "currency": "USD"}), "currency"),
    ] {
        let refused = lin.put(&path, body).await;
        assert_eq!(refused.problem(400), "invalid_request");
        assert!(refused.text().contains(word), "{}", refused.text());
    }
    let good = json!({"micros": 1, "term": "day"});
    let other = lin.id();
    for path in [format!("workspace/{other}"), format!("key/{home}"), "member/7".to_owned()] {
        assert_eq!(lin.put(&format!("/api/v1/budgets/{path}"), good.clone()).await.problem(404), "not_found");
    }
}

/// The case of money.md, through the API: a budget of 5.00 admits exactly fifty answers of 0.10, whoever asks.
#[tokio::test]
async fn of_a_thousand_answers_of_several_members_exactly_fifty_fit_the_budget() {
    let app = priced().await;
    let mut lin = app.owner().await;
    let home = home_of(&lin).await;
    let set = json!({"micros": 5_000_000, "term": "month"});
    lin.put(&format!("/api/v1/budgets/workspace/{home}"), set).await.expect(200);
    let gate = Gate::new();
    app.model.always(Script::says_behind(&gate, ["word"; 100]));
    let mut programs = vec![app.key_of(&lin).await];
    for login in ["mei", "wu", "li", "zhao"] {
        programs.push(program(&app, login).await.1);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for program in programs.iter().cycle().take(1_000) {
        let mut program = program.clone();
        tasks.spawn(async move {
            loop {
                let answer = program.post("/v1/chat/completions", call(100)).await;
                match answer.status {
                    200 => return true,
                    402 if answer.json()["error"]["code"] == "budget_exceeded" => return false,
                    // The queue of the database is full: the same request may succeed later.
                    503 | 429 if answer.text().contains("overloaded") => tokio::task::yield_now().await,
                    _ => panic!("{}: {}", answer.status, answer.text()),
                }
            }
        });
    }
    let mut refused = 0;
    while refused < 950 {
        assert!(!tasks.join_next().await.unwrap().unwrap(), "nobody is answered before the gate opens");
        refused += 1;
    }
    let spent = lin.get("/api/v1/budgets").await.json()["items"][0]["spent_micros"].clone();
    assert_eq!(spent, json!(5_000_000), "what is held counts");
    gate.open();
    let admitted = tasks.join_all().await.into_iter().filter(|admitted| *admitted).count();
    assert_eq!(admitted, 50);
    let spent = lin.get("/api/v1/budgets").await.json()["items"][0]["spent_micros"].clone();
    assert_eq!(spent, json!(5_000_000));
}

async fn alerts(client: &Client) -> Vec<(String, u64, String)> {
    let list = client.get("/api/v1/me/alerts").await.expect(200).json();
    let word = |item: &Value, field: &str| item.get(field).unwrap().as_str().unwrap().to_owned();
    let alert = |item: &Value| {
        (word(item, "scope"), item.get("percent").unwrap().as_u64().unwrap(), word(item, "window"))
    };
    list.get("items").unwrap().as_array().unwrap().iter().map(alert).collect()
}

const SMALL: &str = r#"
id = "free"
rank = 0
name = { zh = "小", en = "Small" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["tiny-chat"], tools = [], apps = [] }
limits = { concurrent_runs = 2, weight = 1 }
rate = [{ window = "1m", requests = 100 }]
allowance = [{ window = "5h", credits = "0.25", alert_at = [40] }]
"#;

#[tokio::test]
async fn whoever_comes_near_a_limit_is_told_once() {
    let app = TestApp::build().prices(["0", "0", "1000.00"]).plan("free", SMALL).start().await;
    let mut lin = app.owner().await;
    let home = home_of(&lin).await;
    let mei = app.member("mei", Role::Member).await;
    let budget = Some(KeyBudget { micros: 200_000, term: BudgetTerm::Once });
    let wish = KeyWish { name: "a shop".to_owned(), budget, ..KeyWish::default() };
    let (_, token) = app.key_for(app.scope_of(&mei).await, wish).await;
    let program = app.anonymous().with_bearer(&token);
    let set = json!({"micros": 1_000_000, "term": "month"});
    lin.put(&format!("/api/v1/budgets/workspace/{home}"), set).await.expect(200);

    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["word"; 100]));
    let asking = tokio::spawn({
        let program = program.clone();
        async move { asks(&program, 100).await.expect(200) }
    });
    app.model.asked(1).await;
    app.app.note_alerts().await.unwrap();
    assert_eq!(alerts(&mei).await, [], "what is held may still go back");
    gate.open();
    asking.await.unwrap();
    assert_eq!(app.app.note_alerts().await.unwrap(), 2);
    assert_eq!(app.app.note_alerts().await.unwrap(), 0);
    let mut told = alerts(&mei).await;
    told.sort();
    assert_eq!(told, [("key".to_owned(), 50, "once".to_owned()), ("plan".to_owned(), 40, "5h".to_owned())]);
    assert_eq!(alerts(&lin).await, [("key".to_owned(), 50, "once".to_owned())]);

    app.clock.advance(Duration::from_millis(1));
    app.model.next(Script::says(["word"; 100]));
    asks(&program, 100).await.expect(200);
    assert_eq!(app.app.note_alerts().await.unwrap(), 2, "80 and 100 of the key; the plan was told of");
    let key = alerts(&mei).await.into_iter().find(|(scope, ..)| scope == "key").unwrap();
    assert_eq!(key, ("key".to_owned(), 100, "once".to_owned()), "the highest is told");
    let first = lin.get("/api/v1/me/alerts").await.json()["items"][0].clone();
    assert_eq!(
        (&first["name"], &first["used"], &first["most"]),
        (&json!("a shop"), &json!(200_000), &json!(200_000))
    );
    let path = format!("/api/v1/me/alerts/{}", first["id"].as_str().unwrap());
    lin.delete(&path).await.expect(204);
    assert_eq!(alerts(&lin).await, []);
    assert_eq!(alerts(&mei).await.len(), 2, "who else reads it has not read it");
}

#[tokio::test]
async fn what_a_stop_left_unseen_is_seen_at_the_next_start() {
    let home = testkit::Home::new();
    let build = || TestApp::build().prices(["0", "0", "1000.00"]).plan("free", SMALL).home(&home);
    let first = build().start().await;
    let lin = first.owner().await;
    let mei = first.member("mei", Role::Member).await;
    let program = first.key_of(&mei).await;
    first.model.next(Script::says(["word"; 100]));
    asks(&program, 100).await.expect(200);
    drop(lin);
    let second = build().start().await;
    assert_eq!(second.app.note_alerts().await.unwrap(), 1);
    let mei = second.anonymous().with_session(&mei.session());
    assert_eq!(alerts(&mei).await, [("plan".to_owned(), 40, "5h".to_owned())]);
    drop(first);
}
