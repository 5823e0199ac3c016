//! Streams of the face: chunks, usage, `[DONE]`, and errors in the middle.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{Client, DEFAULT_MODEL, EventReader, Gate, Script, SseEvent, TestApp};
use wire::ErrorCode;

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

async fn stream(client: &Client, options: Value) -> EventReader {
    let mut body = json!({
        "model": DEFAULT_MODEL, "messages": [{"role": "user", "content": "hi"}], "stream": true,
    });
    body.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    client.clone().call("POST", "/v1/chat/completions").json(&body).stream().await
}

/// The documents of the chunks; SSE ids and names are not of the face.
fn documents(events: &[SseEvent]) -> Vec<Value> {
    assert!(events.iter().all(|event| event.id.is_none() && event.name.is_none()), "{events:?}");
    events.iter().map(|event| event.data.clone()).collect()
}

#[tokio::test]
async fn chunks_have_the_shape_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(Script::new().queued(1).loading().started().reasoning("hm").text("Hi").text(".").done());
    let mut chunks = documents(&stream(&key, json!({})).await.rest().await);
    assert_eq!(chunks.pop(), Some(json!("[DONE]")));
    let id = chunks[0]["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("chatcmpl-"));
    for chunk in &mut chunks {
        assert_eq!(chunk["id"], id.as_str());
        chunk["id"] = json!("[id]");
    }
    assert_json_snapshot!(chunks[0], @r#"
    {
      "choices": [
        {
          "delta": {
            "content": "",
            "role": "assistant"
          },
          "finish_reason": null,
          "index": 0,
          "logprobs": null
        }
      ],
      "created": 1795334400,
      "id": "[id]",
      "model": "tiny-chat",
      "object": "chat.completion.chunk"
    }
    "#);
    let deltas: Vec<_> = chunks[1..].iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    let expected =
        [json!({"reasoning_content": "hm"}), json!({"content": "Hi"}), json!({"content": "."}), json!({})];
    assert_eq!(deltas, expected.iter().collect::<Vec<_>>());
    let reasons: Vec<_> = chunks.iter().map(|chunk| &chunk["choices"][0]["finish_reason"]).collect();
    assert_eq!(reasons, [&json!(null), &json!(null), &json!(null), &json!(null), &json!("stop")]);
}

#[tokio::test]
async fn usage_comes_when_it_is_asked_for() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let options = json!({"stream_options": {"include_usage": true}});
    let chunks = documents(&stream(&key, options).await.rest().await);
    let [.., last, done] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(9)));
    assert_eq!(done, "[DONE]");
    let chunks = documents(&stream(&key, json!({})).await.rest().await);
    assert!(chunks.iter().all(|chunk| chunk["usage"].is_null()), "{chunks:?}");
}

#[tokio::test]
async fn chunks_come_as_they_are_written() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["one", "two"]));
    let mut reader = stream(&key, json!({})).await;
    reader.take(1).await;
    for piece in ["one", "two"] {
        gate.let_through(1);
        let event = reader.next().await.unwrap();
        assert_eq!(event.data["choices"][0]["delta"]["content"], piece);
    }
    gate.open();
    assert_eq!(reader.rest().await.len(), 2);
}

#[tokio::test]
async fn an_error_in_the_middle_is_told_and_nothing_is_done() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (script, code) in [
        (Script::new().started().text("half").fails(ErrorCode::OutOfMemory, "the reason"), "out_of_memory"),
        (Script::new().started().text("half"), "engine_failed"),
        (Script::new(), "engine_failed"),
    ] {
        app.model.next(script);
        let chunks = documents(&stream(&key, json!({})).await.rest().await);
        assert!(!chunks.contains(&json!("[DONE]")), "{chunks:?}");
        let errors: Vec<_> = chunks.iter().filter(|chunk| !chunk["error"].is_null()).collect();
        assert_eq!(errors, [chunks.last().unwrap()]);
        assert_eq!(errors[0]["error"]["code"], code);
        assert!(chunks.iter().all(|chunk| chunk["choices"][0]["finish_reason"].is_null()));
    }
}

#[tokio::test]
async fn leaving_a_completion_stops_the_model() {
    let app = TestApp::build().most_live_runs(1).start().await;
    let key = program(&app).await;
    app.model.next(Script::new().started().text("one").hangs());
    let mut reader = stream(&key, json!({})).await;
    reader.take(2).await;
    let body = json!({"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": "hi"}]});
    let refused = key.clone().post("/v1/chat/completions", body.clone()).await.expect(503).json();
    assert_eq!(refused["error"]["code"], "overloaded");

    drop(reader);
    app.model.aborted(1).await;
    key.clone().post("/v1/chat/completions", body).await.expect(200);
}
