//! A server that stops, or dies, and the next one on the same folder.

use serde_json::{Value, json};
use testkit::{Client, Home, Script, SseEvent, TestApp, texts};
use tokio::runtime::Runtime;

/// What a life leaves to the next one.
struct Left {
    session: String,
    thread: String,
    run: Value,
    shown: Vec<SseEvent>,
}

/// A life that shows some events of an answer that never ends.
async fn half_an_answer(home: &Home, script: Script, shown: usize) -> (TestApp, Left) {
    let app = TestApp::build().home(home).start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(script);
    let run = lin.ask(&thread, "a story").await;
    let shown = lin.events(&run).await.take(shown).await;
    let left = Left { session: lin.session(), thread, run, shown };
    (app, left)
}

async fn next_life(home: &Home, left: &Left) -> (TestApp, Client) {
    let app = TestApp::build().home(home).start().await;
    let lin = app.anonymous().with_session(&left.session);
    (app, lin)
}

#[test]
fn a_crash_keeps_what_was_shown_and_says_so() {
    let home = Home::new();
    // A runtime that is dropped stops every task where it stands: nothing is shut down.
    let first = Runtime::new().unwrap();
    let left = first.block_on(async {
        let story = (0..200).fold(Script::new().started(), |script, i| script.text(&format!("{i} ")));
        half_an_answer(&home, story.hangs(), 120).await.1
    });
    drop(first);

    Runtime::new().unwrap().block_on(async {
        let (app, lin) = next_life(&home, &left).await;
        let run = lin.finished(&left.run).await;
        assert_eq!((&run["state"], &run["error"]["code"]), (&json!("interrupted"), &json!("interrupted")));

        let stored = lin.events(&left.run).await.rest().await;
        assert_eq!(stored[..left.shown.len()], left.shown, "what was shown is a prefix of what is kept");
        assert!(stored.iter().zip(1..).all(|(event, number)| event.id == Some(number)));
        let ends = stored.iter().filter(|event| event.name.as_deref() == Some("finished")).count();
        assert_eq!((ends, stored.last().unwrap().name.as_deref()), (1, Some("finished")));
        let page = lin.messages(&left.thread).await;
        assert_eq!(page["items"][1]["parts"], json!([{"type": "text", "text": texts(&stored).concat()}]));
        let thread = lin.get(&format!("/api/v1/threads/{}", left.thread)).await.expect(200).json();
        assert_eq!(thread["active_run_id"], Value::Null);

        assert_eq!(app.app.recover_runs().await.unwrap(), 0, "a run ends once");
        let next = lin.ask_below(&left.thread, left.run["reply_id"].as_str(), "go on").await;
        assert_eq!(lin.finished(&next).await["state"], "succeeded");
    });
}

#[test]
fn a_crash_while_reasoning_keeps_the_thought() {
    let home = Home::new();
    let first = Runtime::new().unwrap();
    let left = first.block_on(async {
        let script = Script::new().started().reasoning("hm").reasoning(", so").hangs();
        half_an_answer(&home, script, 3).await.1
    });
    drop(first);
    Runtime::new().unwrap().block_on(async {
        let (_app, lin) = next_life(&home, &left).await;
        let page = lin.messages(&left.thread).await;
        let thought = &page["items"][1]["parts"][0];
        assert_eq!((&thought["type"], &thought["text"]), (&json!("reasoning"), &json!("hm, so")));
        let usage = &page["runs"][0]["usage"];
        assert_eq!((&usage["output_tokens"], &usage["reasoning_tokens"]), (&json!(2), &json!(2)));
    });
}

#[test]
fn a_crash_before_the_first_piece_leaves_an_empty_answer() {
    let home = Home::new();
    let first = Runtime::new().unwrap();
    let left = first.block_on(async {
        let (app, left) = half_an_answer(&home, Script::new().hangs(), 0).await;
        app.model.asked(1).await;
        left
    });
    drop(first);
    Runtime::new().unwrap().block_on(async {
        let (_app, lin) = next_life(&home, &left).await;
        let page = lin.messages(&left.thread).await;
        assert_eq!(
            (&page["items"][1]["parts"], &page["runs"][0]["state"]),
            (&json!([]), &json!("interrupted"))
        );
        assert_eq!(lin.events(&left.run).await.rest().await.len(), 1);
    });
}

#[tokio::test]
async fn a_restart_in_order_keeps_everything() {
    let home = Home::new();
    let (app, left) = half_an_answer(&home, Script::new().started().text("Once").hangs(), 2).await;
    let lin = app.anonymous().with_session(&left.session);
    app.app.shut_down().await;
    let me = lin.get("/api/v1/me").await.expect(200).json();
    let page = lin.messages(&left.thread).await;
    app.db.close().await;
    drop(app);

    let (_app, lin) = next_life(&home, &left).await;
    assert_eq!(lin.get("/api/v1/me").await.expect(200).json(), me);
    assert_eq!(lin.messages(&left.thread).await, page);
    assert_eq!(page["runs"][0]["state"], "interrupted");
    let status = lin.get("/api/v1/status").await.json();
    assert_eq!(status["setup_required"], false);
    let models = lin.get("/api/v1/models").await.json();
    assert_eq!(models["items"][0]["state"]["type"], "installed");
}
