//! The face of messages: what reaches the model, what comes back whole and in pieces, and what it costs.

use insta::assert_json_snapshot;
use ports::{ChatMessage, Tool, ToolCall, ToolChoice, Tools};
use serde_json::{Value, json};
use testkit::{Answer, Client, DEFAULT_MODEL, Script, TestApp};
use wire::{ErrorCode, FinishReason, Role};

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

fn body(more: &Value) -> Value {
    let mut body = json!({
        "model": DEFAULT_MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn create(client: &Client, body: &Value) -> Answer {
    client.clone().post("/v1/messages", body.clone()).await
}

/// The type and the code of an error in the face's shape.
#[track_caller]
fn face_error(answer: &Answer, status: u16) -> [String; 2] {
    assert_eq!(answer.status, status, "{}", answer.text());
    let document = answer.json();
    assert_eq!(document["type"], "error");
    let word = |field: &str| document["error"][field].as_str().unwrap().to_owned();
    assert_ne!(word("message"), "");
    [word("type"), word("code")]
}

#[tokio::test]
async fn an_answer_has_the_shape_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let script = Script::new().loading().started().reasoning("hm").text("Hello").text(" there.");
    let script = script.calls(0, "weather", ["{\"z\":1,", "\"a\":2}"]);
    app.model.next(script.done_because(FinishReason::ToolCalls));
    let mut answer = create(&key, &body(&json!({}))).await.expect(200).json();
    let id = answer["id"].take();
    let call = answer["content"][2]["id"].take();
    assert!(id.as_str().unwrap().starts_with("msg_") && call.as_str().unwrap().starts_with("toolu_"));
    assert_json_snapshot!(answer, @r#"
    {
      "content": [
        {
          "signature": "",
          "thinking": "hm",
          "type": "thinking"
        },
        {
          "text": "Hello there.",
          "type": "text"
        },
        {
          "id": null,
          "input": {
            "a": 2,
            "z": 1
          },
          "name": "weather",
          "type": "tool_use"
        }
      ],
      "id": null,
      "model": "tiny-chat",
      "role": "assistant",
      "stop_reason": "tool_use",
      "stop_sequence": null,
      "type": "message",
      "usage": {
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 3,
        "input_tokens": 4,
        "output_tokens": 4,
        "output_tokens_details": {
          "thinking_tokens": 1
        }
      }
    }
    "#);
}

#[tokio::test]
async fn an_answer_streams_block_by_block() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let script = Script::new().queued(1).loading().started().reasoning("hm").text("Hi").text(".");
    app.model.next(script.calls(0, "now", ["{", "}"]).done_because(FinishReason::ToolCalls));
    let asked = body(&json!({"stream": true}));
    let mut events = key.clone().call("POST", "/v1/messages").json(&asked).stream().await.rest().await;
    for event in &events {
        assert_eq!(event.name.as_deref(), event.data["type"].as_str());
    }
    let usage = &events[0].data["message"]["usage"];
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(4), &json!(0)));
    assert_eq!(events[0].data["message"]["content"], json!([]));
    events[0].data = json!({"type": "message_start"});
    let call = events.iter_mut().find_map(|event| event.data.pointer_mut("/content_block/id")).unwrap();
    *call = json!("[id]");
    let start = |index: u32, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let delta =
        |index: u32, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let stop = |index: u32| json!({"type": "content_block_stop", "index": index});
    let documents: Vec<Value> = events.into_iter().map(|event| event.data).collect();
    let usage = json!({"input_tokens": 4, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 0, "output_tokens": 4,
        "output_tokens_details": {"thinking_tokens": 1}});
    assert_eq!(
        documents,
        [
            json!({"type": "message_start"}),
            json!({"type": "ping"}),
            start(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            delta(0, json!({"type": "thinking_delta", "thinking": "hm"})),
            stop(0),
            start(1, json!({"type": "text", "text": ""})),
            delta(1, json!({"type": "text_delta", "text": "Hi"})),
            delta(1, json!({"type": "text_delta", "text": "."})),
            stop(1),
            start(2, json!({"type": "tool_use", "id": "[id]", "name": "now", "input": {}})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "{"})),
            delta(2, json!({"type": "input_json_delta", "partial_json": "}"})),
            stop(2),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": usage}),
            json!({"type": "message_stop"}),
        ]
    );
}

#[tokio::test]
async fn a_failure_in_the_middle_is_an_error_and_no_end() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(Script::new().started().text("Hi").fails(ErrorCode::EngineFailed, "It broke."));
    let asked = body(&json!({"stream": true}));
    let events = key.clone().call("POST", "/v1/messages").json(&asked).stream().await.rest().await;
    let last = events.last().unwrap();
    assert_eq!(last.name.as_deref(), Some("error"));
    assert_eq!(last.data["error"]["type"], "overloaded_error");
    assert_eq!(last.data["error"]["code"], "engine_failed");
    assert!(events.iter().all(|event| event.name.as_deref() != Some("message_stop")));
}

#[tokio::test]
async fn what_is_asked_reaches_the_model() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let asked = body(&json!({
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": true, "content": [{"type": "text", "text": "gone"}]},
                {"type": "text", "text": "And now?"}]},
        ],
        "tools": [{"name": "weather", "description": "The weather.", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": true},
        "temperature": 0.25, "top_p": 0.5, "top_k": 40, "stop_sequences": ["\n"],
        "thinking": {"type": "enabled", "budget_tokens": 32}, "metadata": {"user_id": "u"},
    }));
    create(&key, &asked).await.expect(200);
    let request = app.model.last_request();
    let call = ToolCall {
        id: "toolu_1".to_owned(),
        name: "weather".to_owned(),
        arguments: r#"{"city":"Oslo"}"#.to_owned(),
    };
    assert_eq!(
        request.messages,
        [
            ChatMessage::text(Role::System, "Be brief."),
            ChatMessage::text(Role::User, "Weather?"),
            ChatMessage::Calls { content: "Let me see.".to_owned(), calls: vec![call] },
            ChatMessage::Result { call_id: "toolu_1".to_owned(), content: "Error: gone".to_owned() },
            ChatMessage::text(Role::User, "And now?"),
        ]
    );
    let weather = Tool {
        name: "weather".to_owned(),
        description: "The weather.".to_owned(),
        parameters: r#"{"type":"object"}"#.to_owned(),
        strict: false,
    };
    let choice = ToolChoice::Named("weather".to_owned());
    assert_eq!(request.tools, Tools { offered: vec![weather], choice, parallel: false });
    let sampling = request.sampling;
    assert_eq!((sampling.temperature, sampling.top_p, sampling.top_k), (0.25, 0.5, Some(40)));
    assert_eq!((sampling.max_tokens, sampling.stop), (Some(64), vec!["\n".to_owned()]));
    assert_eq!(request.reasoning.budget, Some(32));
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_name() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let image = json!({"type": "image", "source": {"type": "url", "url": "x"}});
    for (field, more) in [
        ("max_tokens: missing", json!({"max_tokens": null})),
        ("max_tokens: invalid type", json!({"max_tokens": "x"})),
        ("messages: at least one", json!({"messages": []})),
        ("messages: the last one", json!({"messages": [{"role": "assistant", "content": "I"}]})),
        (
            "messages[0].content[0]: blocks of type `image`",
            json!({"messages": [{"role": "user", "content": [image]}]}),
        ),
        (
            "messages[0].content[0].tool_use_id",
            json!({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}),
        ),
        ("messages[0].content", json!({"messages": [{"role": "user", "content": 7}]})),
        ("tools[0].type", json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]})),
        ("tool_choice.type", json!({"tool_choice": {"type": "perhaps"}})),
        ("thinking.type", json!({"thinking": {"type": "deep"}})),
        ("thinking.budget_tokens", json!({"thinking": {"type": "enabled", "budget_tokens": 64}})),
        ("output_config.effort", json!({"output_config": {"effort": "huge"}})),
        ("output_config.format.schema", json!({"output_config": {"format": {"type": "json_schema"}}})),
        ("temperature: must be", json!({"temperature": 3})),
    ] {
        let answer = create(&key, &body(&more)).await;
        assert_eq!(face_error(&answer, 400), ["invalid_request_error", "invalid_request"], "{field}");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(field), "{field}: {message}");
    }
    let mut other = key.clone();
    let call = other.call("POST", "/v1/messages").header("anthropic-version", "2023-01-01");
    let answer = call.json(&body(&json!({}))).send().await;
    assert_eq!(face_error(&answer, 400)[0], "invalid_request_error");
    assert!(app.model.requests().is_empty());
}

#[tokio::test]
async fn errors_have_the_words_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let unknown = create(&key, &body(&json!({"model": "none"}))).await;
    assert_eq!(face_error(&unknown, 404), ["not_found_error", "not_found"]);
    let stranger = create(&app.anonymous().with_api_key("hk_made-up"), &body(&json!({}))).await;
    assert_eq!(face_error(&stranger, 401), ["authentication_error", "unauthenticated"]);
    app.model.next(Script::new().fails(ErrorCode::EngineFailed, "It broke."));
    let failed = create(&key, &body(&json!({}))).await;
    assert_eq!(face_error(&failed, 503), ["overloaded_error", "engine_failed"]);
}

#[tokio::test]
async fn a_prompt_is_counted_without_a_model_and_without_a_limit() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let count = async |more: &Value| {
        let answer = key.clone().post("/v1/messages/count_tokens", more.clone()).await;
        answer.expect(200).json()["input_tokens"].as_u64().unwrap()
    };
    let asked = json!({"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": "hello"}]});
    let bare = count(&asked).await;
    let mut with_tool = asked.clone();
    with_tool["tools"] = json!([{"name": "now", "input_schema": {"type": "object"}}]);
    assert!(bare > 0 && count(&with_tool).await > bare);
    let unknown = json!({"model": "none", "messages": [{"role": "user", "content": "hello"}]});
    let answer = key.clone().post("/v1/messages/count_tokens", unknown).await;
    assert_eq!(face_error(&answer, 404)[0], "not_found_error");
    assert!(app.model.requests().is_empty());
}

#[tokio::test]
async fn an_answer_is_held_and_settled() {
    let app = TestApp::build().prices(["3.00", "0.30", "15.00"]).start().await;
    let lin = app.owner().await;
    let key = app.key_of(&lin).await;
    app.model.next(Script::says(["a", "b"]));
    create(&key, &body(&json!({}))).await.expect(200);
    app.model.next(Script::says(["a"]));
    let asked = body(&json!({"stream": true}));
    key.clone().call("POST", "/v1/messages").json(&asked).stream().await.rest().await;
    let workspace = store::workspaces::first(&app.db).await.unwrap().unwrap();
    let charged = loop {
        let audit = store::ledger::audit(&app.db, workspace.id).await.unwrap();
        if audit.charges.len() == 2 {
            break audit.charges;
        }
        tokio::task::yield_now().await;
    };
    let mut charged: Vec<i64> = charged.iter().map(|(_, money)| money.amount.micros()).collect();
    charged.sort_unstable();
    // A prompt of 4 + 3 cached tokens is 12.9, a piece 15.
    assert_eq!(charged, [28, 43]);
}
