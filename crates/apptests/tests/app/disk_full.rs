//! A full disk: refused before the model is called, nothing lost, and everything works again after.

use serde_json::{Value, json};
use testkit::{Client, Gate, Script, TestApp, texts};

/// Room for the empty tables and a little more.
const SMALL_DISK: u64 = 800 * 1024;

/// Asks in a thread of its own until the disk is full; gives the threads that were kept.
async fn fill(app: &TestApp, lin: &Client) -> Vec<String> {
    app.model.always(Script::says(["ok"]));
    let mut kept = Vec::new();
    for size in [40_000, 4_000, 400, 40, 1] {
        loop {
            let Some(thread) = try_open(lin).await else { break };
            let wish = lin.question(None, &"x".repeat(size));
            let answer = lin.clone().post(&format!("/api/v1/threads/{thread}/runs"), wish).await;
            kept.push(thread);
            if answer.status != 202 {
                assert_eq!(answer.problem(507), "disk_full");
                break;
            }
            lin.events(&answer.json()).await.rest().await;
        }
    }
    kept
}

async fn try_open(lin: &Client) -> Option<String> {
    let id = lin.id();
    let answer = lin.clone().post("/api/v1/threads", json!({"id": id, "agent_id": "ask"})).await;
    if answer.status == 201 {
        return Some(id);
    }
    assert_eq!(answer.problem(507), "disk_full");
    None
}

#[tokio::test]
async fn a_full_disk_refuses_before_the_model_is_called_and_reading_goes_on() {
    let app = TestApp::build().max_bytes(SMALL_DISK).start().await;
    let mut lin = app.owner().await;
    let kept = fill(&app, &lin).await;
    let thread = kept.last().unwrap();
    let before = lin.messages(&kept[0]).await;
    assert_eq!(before["items"].as_array().unwrap().len(), 2);

    let called = app.model.requests().len();
    let wish = lin.question(None, &"x".repeat(40_000));
    let path = format!("/api/v1/threads/{thread}/runs");
    let refused = lin.post(&path, wish.clone()).await;
    assert_eq!(refused.problem(507), "disk_full");
    assert_eq!(refused.json()["kept"], "Nothing was changed.");
    assert_eq!(app.model.requests().len(), called);
    assert_eq!(lin.messages(&kept[0]).await, before);
    lin.get("/api/v1/threads").await.expect(200);
    lin.get("/readyz").await.expect(200);

    for old in kept.iter().take(3) {
        lin.delete(&format!("/api/v1/threads/{old}")).await.expect(204);
    }
    app.model.always(Script::says(["room again"]));
    let run = lin.post(&path, wish).await.expect(202).json();
    assert_eq!(lin.finished(&run).await["state"], "succeeded");
}

#[tokio::test]
async fn a_disk_that_fills_up_mid_answer_ends_the_stream_with_the_truth() {
    let app = TestApp::build().max_bytes(SMALL_DISK).start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let gate = Gate::new();
    let long = "y".repeat(60_000);
    let script = Script::new().started().text("Once").waits(&gate);
    app.model.next(std::iter::repeat_n(&long, 20).fold(script, |script, piece| script.text(piece)).hangs());
    let run = lin.ask(&thread, "a story").await;
    let mut reader = lin.events(&run).await;
    let begun = reader.take(2).await;
    let kept = fill(&app, &lin).await;

    gate.open();
    let rest = reader.rest().await;
    let last = rest.last().unwrap();
    assert_eq!(
        (last.name.as_deref(), &last.data["state"], &last.data["error"]["code"]),
        (Some("finished"), &json!("failed"), &json!("disk_full"))
    );
    app.model.aborted(1).await;

    let later = lin.events(&run).await.rest().await;
    assert_eq!(later, [begun, rest].concat(), "who comes later sees the same");
    for old in kept {
        lin.delete(&format!("/api/v1/threads/{old}")).await.expect(204);
    }
    let ended = stored_end(&lin, &run).await;
    assert_eq!((&ended["state"], &ended["error"]["code"]), (&json!("failed"), &json!("disk_full")));
    let text = texts(&later).concat();
    assert_eq!(lin.messages(&thread).await["items"][1]["parts"], json!([{"type": "text", "text": text}]));
}

/// The end is stored some time after there is room.
async fn stored_end(lin: &Client, run: &Value) -> Value {
    let path = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
    loop {
        let run = lin.get(&path).await.expect(200).json();
        if run["finished_at"] != Value::Null {
            return run;
        }
        tokio::task::yield_now().await;
    }
}
