//! Ids are made by the client: saying the same twice does it once.

use app::Role;
use serde_json::{Value, json};
use testkit::{Client, Gate, Script, TestApp};

async fn post(lin: &Client, thread: &str, wish: &Value) -> testkit::Answer {
    lin.clone().post(&format!("/api/v1/threads/{thread}/runs"), wish.clone()).await
}

#[tokio::test]
async fn sixty_four_times_at_once_is_once() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["once"]));
    let wish = lin.question(None, "hello");

    let answers = futures_util::future::join_all((0..64).map(|_| post(&lin, &thread, &wish))).await;
    for answer in &answers {
        let run = answer.clone().expect(202).json();
        assert_eq!((&run["id"], &run["reply_id"]), (&wish["id"], &wish["reply_id"]));
    }
    gate.open();
    let ended = lin.finished(&wish).await;
    let page = lin.messages(&thread).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert_eq!(page["runs"], json!([ended]));
    assert_eq!(app.model.requests().len(), 1);
    assert_eq!(post(&lin, &thread, &wish).await.expect(202).json(), ended);
}

#[tokio::test]
async fn more_at_once_than_there_are_places_is_still_once() {
    let app = TestApp::build().most_live_runs(2).start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let wish = lin.question(None, "hello");
    let answers = futures_util::future::join_all((0..16).map(|_| post(&lin, &thread, &wish))).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.contains(&202) && statuses.iter().all(|s| matches!(s, 202 | 503)), "{statuses:?}");
    lin.finished(&wish).await;
    assert_eq!(app.model.requests().len(), 1);
}

#[tokio::test]
async fn an_id_used_for_something_else_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let wish = lin.question(None, "hello");
    post(&lin, &thread, &wish).await.expect(202);
    lin.finished(&wish).await;
    let before = lin.messages(&thread).await;

    let with = |change: &dyn Fn(&mut Value)| {
        let mut wish = wish.clone();
        change(&mut wish);
        wish
    };
    for other in [
        with(&|wish| wish["reply_id"] = json!(lin.id())),
        with(&|wish| wish["input"]["message_id"] = json!(lin.id())),
        with(&|wish| wish["id"] = json!(lin.id())),
        with(&|wish| {
            wish["id"] = json!(lin.id());
            wish["reply_id"] = json!(lin.id());
        }),
        with(&|wish| {
            wish["id"] = json!(lin.id());
            wish["input"]["message_id"] = json!(lin.id());
        }),
        with(&|wish| {
            wish["id"] = json!(lin.id());
            wish["reply_id"] = json!(lin.id());
            wish["input"]["message_id"] = wish["reply_id"].clone();
        }),
    ] {
        assert_eq!(post(&lin, &thread, &other).await.problem(409), "conflict", "{other}");
    }
    let elsewhere = lin.open_thread("ask").await;
    assert_eq!(post(&lin, &elsewhere, &wish).await.problem(409), "conflict");
    assert_eq!(lin.messages(&thread).await, before);
    assert_eq!(lin.messages(&elsewhere).await["items"], json!([]));
    assert_eq!(app.model.requests().len(), 1);
}

#[tokio::test]
async fn an_id_of_another_member_opens_nothing_of_theirs() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mut mei = app.member("mei", Role::Member).await;
    let thread = lin.open_thread("ask").await;
    let wish = lin.question(None, "a secret");
    post(&lin, &thread, &wish).await.expect(202);
    lin.finished(&wish).await;

    let hers = mei.open_thread("ask").await;
    assert_eq!(post(&mei, &hers, &wish).await.problem(409), "conflict");
    assert_eq!(post(&mei, &thread, &wish).await.problem(404), "not_found");
    let below = mei.question(wish["reply_id"].as_str(), "tell me");
    assert_eq!(post(&mei, &hers, &below).await.problem(404), "not_found");
    let again = mei.another(&wish["input"]["message_id"]);
    assert_eq!(post(&mei, &hers, &again).await.problem(404), "not_found");
    let shown = mei.patch(&format!("/api/v1/threads/{hers}"), json!({"leaf_id": wish["reply_id"]})).await;
    assert_eq!(shown.problem(404), "not_found");
    let taken = mei.post("/api/v1/threads", json!({"id": thread, "agent_id": "ask"})).await;
    assert_eq!(taken.problem(409), "conflict");
    assert_eq!(app.model.requests().len(), 1);
}
