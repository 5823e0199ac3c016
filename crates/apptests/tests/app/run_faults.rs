//! What goes wrong while an answer is written: one clear error, and the text is kept.

use serde_json::{Value, json};
use testkit::{Gate, Script, TestApp, texts};
use wire::ErrorCode;

#[tokio::test]
async fn a_failure_at_any_piece_keeps_the_text_before_it() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    for (pieces, code) in [
        (0, ErrorCode::ContextExceeded),
        (0, ErrorCode::OutOfMemory),
        (1, ErrorCode::EngineFailed),
        (3, ErrorCode::ModelCorrupt),
    ] {
        let said: Vec<String> = (0..pieces).map(|i| format!("piece {i} ")).collect();
        let script = said.iter().fold(Script::new().started(), |script, piece| script.text(piece));
        app.model.next(script.fails(code, "the reason"));
        let run = lin.ask(&thread, "hello").await;
        let events = lin.events(&run).await.rest().await;
        assert_eq!(texts(&events), said);
        let error = json!({"code": code, "detail": "the reason"});
        let last = &events.last().unwrap().data;
        assert_eq!((&last["state"], &last["error"]), (&json!("failed"), &error));

        let ended = lin.finished(&run).await;
        assert_eq!((&ended["state"], &ended["error"]), (&json!("failed"), &error));
        let page = lin.messages(&thread).await;
        let mut replies = page["items"].as_array().unwrap().iter();
        let reply = replies.find(|message| message["id"] == run["reply_id"]).unwrap();
        let text = said.concat();
        let parts = if text.is_empty() { json!([]) } else { json!([{"type": "text", "text": text}]) };
        assert_eq!(reply["parts"], parts);
    }
}

#[tokio::test]
async fn a_model_that_ends_without_a_word_has_failed() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    for script in [Script::new(), Script::new().started().text("half")] {
        app.model.next(script);
        let run = lin.ask(&thread, "hello").await;
        let ended = lin.finished(&run).await;
        assert_eq!((&ended["state"], &ended["error"]["code"]), (&json!("failed"), &json!("engine_failed")));
    }
    assert_eq!(lin.finished(&lin.ask(&thread, "hello").await).await["state"], "succeeded");
}

#[tokio::test]
async fn a_failed_answer_can_be_asked_for_again() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().text("half").fails(ErrorCode::EngineFailed, "gone"));
    let failed = lin.ask(&thread, "hello").await;
    lin.finished(&failed).await;
    let wish = lin.another(&failed["message_id"]);
    let run = lin.post(&format!("/api/v1/threads/{thread}/runs"), wish).await.expect(202).json();
    assert_eq!(lin.finished(&run).await["state"], "succeeded");
}

#[tokio::test]
async fn the_run_too_many_is_refused_and_a_place_comes_free() {
    let app = TestApp::build().most_live_runs(2).start().await;
    let mut lin = app.owner().await;
    let gate = Gate::new();
    app.model.always(Script::says_behind(&gate, ["a"]));
    let mut running = Vec::new();
    for _ in 0..2 {
        let thread = lin.open_thread("ask").await;
        running.push(lin.ask(&thread, "hello").await);
    }
    let thread = lin.open_thread("ask").await;
    let wish = lin.question(None, "hello");
    let path = format!("/api/v1/threads/{thread}/runs");
    let refused = lin.post(&path, wish.clone()).await;
    assert_eq!(refused.problem(503), "overloaded");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(lin.messages(&thread).await["items"], json!([]));

    gate.open();
    for run in &running {
        assert_eq!(lin.finished(run).await["state"], "succeeded");
    }
    app.model.ended(2).await;
    let run = loop {
        // The place is free a moment after the end is told.
        let answer = lin.post(&path, wish.clone()).await;
        if answer.status == 202 {
            break answer.json();
        }
        assert_eq!(answer.problem(503), "overloaded");
        tokio::task::yield_now().await;
    };
    assert_eq!(lin.finished(&run).await["state"], "succeeded");
}

#[tokio::test]
async fn a_server_that_stops_keeps_what_was_written() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().text("Once upon").hangs());
    let run = lin.ask(&thread, "a story").await;
    let mut reader = lin.events(&run).await;
    reader.take(2).await;

    app.app.shut_down().await;
    app.model.aborted(1).await;
    let last = reader.rest().await.pop().unwrap();
    assert_eq!(
        (&last.data["state"], &last.data["error"]["code"]),
        (&json!("interrupted"), &json!("interrupted"))
    );
    let page = lin.messages(&thread).await;
    assert_eq!(page["items"][1]["parts"], json!([{"type": "text", "text": "Once upon"}]));
    assert_eq!(page["runs"][0]["state"], "interrupted");

    let late = lin.question(run["reply_id"].as_str(), "go on");
    let answer = lin.post(&format!("/api/v1/threads/{thread}/runs"), late).await;
    assert_eq!(answer.problem(503), "overloaded", "a server that stops begins nothing");
    app.app.shut_down().await;
    assert_eq!(lin.messages(&thread).await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_run_that_nobody_drives_does_not_hold_its_readers() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let run = lin.ask(&thread, "hello").await;
    let run: wire::Run = serde_json::from_value(lin.finished(&run).await).unwrap();
    // As after a failure that kept the end of a run from being stored.
    let left = wire::Run { id: app.id(), reply_id: app.id(), ..run };
    let me = lin.get("/api/v1/me").await.json();
    let scope = store::Scope {
        workspace_id: me["workspace"]["id"].as_str().unwrap().parse().unwrap(),
        member_id: me["member"]["id"].as_str().unwrap().parse().unwrap(),
    };
    let reply = wire::Message {
        id: left.reply_id,
        thread_id: left.thread_id,
        parent_id: Some(left.message_id),
        role: wire::Role::Assistant,
        parts: Vec::new(),
        run_id: Some(left.id),
        created_at: left.created_at,
    };
    let mut batch = store::Batch::new(store::Durability::Full);
    batch.extend(store::messages::insert(scope, &reply));
    batch.push(store::runs::insert(scope, &left));
    app.db.write(batch).await.unwrap();

    let answer = lin.call("GET", &format!("/api/v1/runs/{}/events", left.id)).send().await;
    assert_eq!(answer.problem(503), "interrupted");
    assert_eq!(app.app.recover_runs().await.unwrap(), 1);
    let events = lin.stream(&format!("/api/v1/runs/{}/events", left.id)).await.rest().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].data["state"], Value::from("interrupted"));
}
