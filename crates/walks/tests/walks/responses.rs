//! The face of responses: what reaches the model, and what comes back whole and in pieces.

use ports::{ChatMessage, ToolCall};
use serde_json::{Value, json};
use testkit::{Answer, Client, DEFAULT_MODEL, Script, TestApp};
use wire::{ErrorCode, FinishReason, Role};

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

fn body(more: &Value) -> Value {
    let mut body = json!({"model": DEFAULT_MODEL, "input": "hi", "store": false});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn create(client: &Client, body: &Value) -> Answer {
    client.clone().post("/v1/responses", body.clone()).await
}

fn script() -> Script {
    let script = Script::new().started().reasoning("hm").text("Hi").text(".");
    script.calls(0, "now", ["{", "}"])
}

#[tokio::test]
async fn an_answer_has_the_shape_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(script().done_because(FinishReason::ToolCalls));
    let answer = create(&key, &body(&json!({"metadata": {"a": "b"}}))).await.expect(200).json();
    let types: Vec<_> = answer["output"].as_array().unwrap().iter().map(|item| &item["type"]).collect();
    assert_eq!(types, ["reasoning", "message", "function_call"]);
    assert_eq!(answer["output"][1]["content"][0]["text"], "Hi.");
    assert_eq!(answer["output"][2]["arguments"], "{}");
    let fields = [&answer["object"], &answer["status"], &answer["store"], &answer["metadata"]];
    assert_eq!(fields, [&json!("response"), &json!("completed"), &json!(false), &json!({"a": "b"})]);
    let usage = json!({"input_tokens": 7, "input_tokens_details": {"cached_tokens": 3}, "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 1}, "total_tokens": 11});
    assert_eq!(answer["usage"], usage);
    app.model.next(Script::new().started().text("cut").done_because(FinishReason::Length));
    let cut = create(&key, &body(&json!({}))).await.expect(200).json();
    assert_eq!([&cut["status"], &cut["output"][0]["status"]], ["incomplete", "incomplete"]);
    assert_eq!(cut["incomplete_details"]["reason"], "max_output_tokens");
}

#[tokio::test]
async fn an_answer_streams_item_by_item() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(script().done_because(FinishReason::ToolCalls));
    let asked = body(&json!({"stream": true}));
    let events = key.clone().call("POST", "/v1/responses").json(&asked).stream().await.rest().await;
    for (at, event) in (0_u64..).zip(&events) {
        assert_eq!(event.name.as_deref(), event.data["type"].as_str());
        assert_eq!(event.data["sequence_number"], at);
    }
    let names: Vec<_> = events.iter().map(|event| event.name.clone().unwrap_or_default()).collect();
    let names: Vec<_> = names.iter().map(|name| name.trim_start_matches("response.")).collect();
    assert_eq!(
        names,
        [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "reasoning_text.delta",
            "reasoning_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
    );
    let response = &events.last().unwrap().data["response"];
    assert_eq!(response["output"][2], events[19].data["item"]);
    assert_eq!([&events[15].data["item"]["arguments"], &events[18].data["arguments"]], ["", "{}"]);
    app.model.next(Script::new().started().text("Hi").fails(ErrorCode::EngineFailed, "It broke."));
    let events = key.clone().call("POST", "/v1/responses").json(&asked).stream().await.rest().await;
    let last = &events.last().unwrap().data;
    assert_eq!([&last["type"], &last["response"]["status"]], ["response.failed", "failed"]);
    assert_eq!(last["response"]["error"]["code"], "engine_failed");
}

#[tokio::test]
async fn items_reach_the_model() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let asked = body(&json!({"instructions": "Be brief.", "max_output_tokens": 9, "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "Sunny."}]}));
    create(&key, &asked).await.expect(200);
    let call = ToolCall { id: "call_1".to_owned(), name: "weather".to_owned(), arguments: "{}".to_owned() };
    let request = app.model.last_request();
    assert_eq!(
        request.messages,
        [
            ChatMessage::text(Role::System, "Be brief."),
            ChatMessage::text(Role::User, "Weather?"),
            ChatMessage::Calls { content: "Let me see.".to_owned(), calls: vec![call] },
            ChatMessage::Result { call_id: "call_1".to_owned(), content: "Sunny.".to_owned() },
        ]
    );
    assert_eq!(request.sampling.max_tokens, Some(9));
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_name() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (field, more) in [
        ("background: needs store", json!({"background": true})),
        ("conversation:", json!({"conversation": "conv_1"})),
        ("input: at least one", json!({"input": []})),
        ("input[0]:", json!({"input": [{"type": "item_reference", "id": "x"}]})),
        ("input[0].content[0]:", json!({"input": [{"role": "user", "content": [{"type": "input_image"}]}]})),
        ("tools[0].type:", json!({"tools": [{"type": "web_search"}]})),
        ("tool_choice:", json!({"tool_choice": "perhaps"})),
        ("text.format.schema:", json!({"text": {"format": {"type": "json_schema"}}})),
        ("reasoning.effort:", json!({"reasoning": {"effort": "huge"}})),
    ] {
        let answer = create(&key, &body(&more)).await.expect(400).json();
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(field), "{field} {message}");
    }
    let kept = key.get("/v1/responses/resp_1").await.expect(404).json();
    assert_eq!(kept["error"]["code"], "not_found");
    assert!(app.model.requests().is_empty());
}
