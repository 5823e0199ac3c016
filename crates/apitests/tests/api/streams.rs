//! Reading a run: from any place, any number of times, without changing it.

use serde_json::json;
use testkit::{Client, Gate, Script, SseEvent, TestApp, texts};

const PIECES: [&str; 4] = ["one ", "two ", "three ", "four"];

fn events_of(run: &serde_json::Value) -> String {
    format!("/api/v1/runs/{}/events", run["id"].as_str().unwrap())
}

async fn resumed(lin: &Client, path: &str, last_id: u64) -> Vec<SseEvent> {
    let mut lin = lin.clone();
    lin.call("GET", path).header("last-event-id", &last_id.to_string()).stream().await.rest().await
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_exactly_the_rest() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, PIECES));
    let run = lin.ask(&thread, "count").await;
    let path = events_of(&run);

    let mut reader = lin.stream(&path).await;
    gate.let_through(2);
    let seen = reader.take(3).await;
    assert_eq!(texts(&seen), ["one ", "two "]);
    drop(reader);

    let mut back = lin.clone();
    let mut live = back.call("GET", &path).header("last-event-id", "3").stream().await;
    gate.open();
    let rest = live.take(1).await;
    assert_eq!(texts(&rest), ["three "]);
    lin.finished(&run).await;
    let whole = lin.stream(&path).await.rest().await;
    assert_eq!(whole.len(), 6);
    assert_eq!([rest, live.rest().await].concat(), whole[3..]);

    for after in 0..=6 {
        let left = &whole[usize::try_from(after).unwrap()..];
        assert_eq!(resumed(&lin, &path, after).await, left, "after {after}");
        assert_eq!(lin.stream(&format!("{path}?after={after}")).await.rest().await, left, "after {after}");
    }
    let header_wins =
        lin.clone().call("GET", &format!("{path}?after=1")).header("last-event-id", "5").stream().await;
    assert_eq!(header_wins.rest().await, whole[5..]);
    assert_eq!(resumed(&lin, &path, u64::MAX).await, []);
}

#[tokio::test]
async fn two_windows_see_the_same() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, PIECES));
    let run = lin.ask(&thread, "count").await;

    let mut early = lin.events(&run).await;
    gate.let_through(2);
    let beginning = early.take(3).await;
    let late = lin.events(&run).await;
    gate.open();
    let (early, late) = tokio::join!(early.rest(), late.rest());
    assert_eq!([beginning, early].concat(), late);
    assert_eq!(texts(&late), PIECES);
    assert_eq!(app.model.requests().len(), 1);
}

#[tokio::test]
async fn leaving_changes_nothing() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, PIECES));
    let run = lin.ask(&thread, "count").await;
    let mut reader = lin.events(&run).await;
    gate.let_through(1);
    reader.take(2).await;
    drop(reader);

    gate.open();
    app.model.ended(1).await;
    assert_eq!(lin.finished(&run).await["state"], "succeeded");
    assert_eq!(lin.messages(&thread).await["items"][1]["parts"][0]["text"], PIECES.concat());
    assert_eq!(app.model.aborted_so_far(), 0);
}

#[tokio::test]
async fn what_a_reader_sees_is_what_the_message_says() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let pieces: Vec<String> = (0..500).map(|i| format!("{i}、")).collect();
    app.model.next(Script::says(pieces.iter().map(String::as_str)));
    let run = lin.ask(&thread, "count").await;
    let events = lin.events(&run).await.rest().await;
    assert_eq!(texts(&events), pieces);
    assert!(events.iter().zip(1..).all(|(event, number)| event.id == Some(number)));
    let parts = &lin.messages(&thread).await["items"][1]["parts"];
    assert_eq!(parts, &json!([{"type": "text", "text": pieces.concat()}]));
    assert_eq!(lin.events(&run).await.rest().await, events);
}

#[tokio::test]
async fn nothing_on_the_way_may_keep_or_hold_back_a_stream() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let run = lin.ask(&thread, "count").await;
    lin.finished(&run).await;
    let answer = lin.call("GET", &events_of(&run)).send().await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
}

#[tokio::test]
async fn a_place_that_is_no_number_is_refused_or_passed_over() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let run = lin.ask(&thread, "count").await;
    lin.finished(&run).await;
    let path = events_of(&run);
    for bad in ["after=-1", "after=x", "after=99999999999999999999", "from=3"] {
        assert_eq!(lin.get(&format!("{path}?{bad}")).await.problem(400), "invalid_request", "{bad}");
    }
    let all = lin.call("GET", &path).header("last-event-id", "mine").stream().await.rest().await;
    assert_eq!(all.len(), 4);
}
