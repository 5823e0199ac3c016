//! Tools in the face's shapes: what reaches the model, and how its calls come back.

use ports::{ChatMessage, Tool, ToolCall, ToolChoice, Tools};
use serde_json::{Value, json};
use testkit::{Client, DEFAULT_MODEL, Script, TestApp, usage_of};
use wire::{ErrorCode, FinishReason, Role};

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

fn body(more: &Value) -> Value {
    let mut body = json!({
        "model": DEFAULT_MODEL,
        "messages": [{"role": "user", "content": "Weather in Oslo?"}],
        "tools": [{"type": "function", "function": {"name": "weather", "description": "The weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn complete(client: &Client, body: &Value) -> testkit::Answer {
    client.clone().post("/v1/chat/completions", body.clone()).await
}

fn two_calls() -> Script {
    let script = Script::new().started().text("Let me see.");
    script.calls(0, "weather", ["{\"city\":", "\"Oslo\"}"]).calls(1, "weather", ["{}"])
}

#[tokio::test]
async fn tools_and_their_results_reach_the_model() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let asked = body(&json!({"messages": [
        {"role": "user", "content": "Weather in Oslo?"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Oslo\"}"}},
            {"id": "call_2", "type": "function", "function": {"name": "weather", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "Sunny."}]},
        {"role": "assistant", "content": "Sunny.", "tool_calls": []},
    ]}));
    complete(&key, &asked).await.expect(200);
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: "weather".to_owned(),
        arguments: arguments.to_owned(),
    };
    let calls = vec![call("call_1", "{\"city\":\"Oslo\"}"), call("call_2", "{}")];
    let request = app.model.last_request();
    assert_eq!(
        request.messages,
        [
            ChatMessage::text(Role::User, "Weather in Oslo?"),
            ChatMessage::Calls { content: String::new(), calls },
            ChatMessage::Result { call_id: "call_1".to_owned(), content: "Sunny.".to_owned() },
            ChatMessage::text(Role::Assistant, "Sunny."),
        ]
    );
    let weather = Tool {
        name: "weather".to_owned(),
        description: "The weather of a city.".to_owned(),
        parameters: r#"{"properties":{"city":{"type":"string"}},"type":"object"}"#.to_owned(),
        strict: false,
    };
    assert_eq!(request.tools, Tools { offered: vec![weather], choice: ToolChoice::Auto, parallel: true });
}

#[tokio::test]
async fn every_choice_reaches_the_model() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (choice, parallel, expected) in [
        (json!("auto"), json!(null), ToolChoice::Auto),
        (json!("none"), json!(false), ToolChoice::None),
        (json!("required"), json!(true), ToolChoice::Required),
        (
            json!({"type": "function", "function": {"name": "weather"}}),
            json!(false),
            ToolChoice::Named("weather".to_owned()),
        ),
    ] {
        let asked = body(&json!({"tool_choice": choice, "parallel_tool_calls": parallel}));
        complete(&key, &asked).await.expect(200);
        let tools = app.model.last_request().tools;
        assert_eq!((tools.choice, tools.parallel), (expected, parallel.as_bool().unwrap_or(true)));
    }
    let bare = json!({"tools": [{"type": "function", "function": {"name": "now", "strict": true}}]});
    complete(&key, &body(&bare)).await.expect(200);
    let tool = app.model.last_request().tools.offered.pop().unwrap();
    assert_eq!((tool.parameters.as_str(), tool.strict), (r#"{"type":"object","properties":{}}"#, true));
}

#[tokio::test]
async fn calls_come_back_in_the_shape_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(two_calls().done_because(FinishReason::ToolCalls));
    let mut answer = complete(&key, &body(&json!({}))).await.expect(200).json();
    assert_eq!(answer["usage"]["completion_tokens"], usage_of(3).output_tokens);
    let calls = answer["choices"][0]["message"]["tool_calls"].as_array_mut().unwrap();
    let ids: Vec<Value> = calls.iter_mut().map(|call| call["id"].take()).collect();
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.as_str().unwrap().starts_with("call_")), "{ids:?}");
    let call = |arguments: &str| json!({"id": null, "type": "function", "function": {"name": "weather", "arguments": arguments}});
    let message = json!({
        "role": "assistant",
        "content": "Let me see.",
        "refusal": null,
        "tool_calls": [call("{\"city\":\"Oslo\"}"), call("{}")],
    });
    let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": "tool_calls"});
    assert_eq!(answer["choices"], json!([choice]));
    app.model.next(Script::new().started().calls(0, "weather", ["{}"]).done_because(FinishReason::ToolCalls));
    let silent = complete(&key, &body(&json!({}))).await.expect(200).json();
    assert_eq!(silent["choices"][0]["message"]["content"], Value::Null);
}

#[tokio::test]
async fn calls_stream_piece_by_piece() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(two_calls().done_because(FinishReason::ToolCalls));
    let asked = body(&json!({"stream": true}));
    let events = key.clone().call("POST", "/v1/chat/completions").json(&asked).stream().await.rest().await;
    let mut choices: Vec<Value> =
        events.into_iter().filter_map(|event| event.data.get("choices").cloned()).collect();
    for choice in &mut choices {
        if let Some(id) = choice.pointer_mut("/0/delta/tool_calls/0/id") {
            assert!(id.as_str().unwrap().starts_with("call_"));
            *id = json!("[id]");
        }
    }
    let deltas: Vec<&Value> = choices.iter().map(|choice| &choice[0]["delta"]).collect();
    let begins = |index: u32| {
        json!({"tool_calls": [{"index": index, "id": "[id]", "type": "function",
            "function": {"name": "weather", "arguments": ""}}]})
    };
    let more =
        |index: u32, piece: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]});
    assert_eq!(
        deltas,
        [
            &json!({"role": "assistant", "content": ""}),
            &json!({"content": "Let me see."}),
            &begins(0),
            &more(0, "{\"city\":"),
            &more(0, "\"Oslo\"}"),
            &begins(1),
            &more(1, "{}"),
            &json!({}),
        ]
    );
    assert_eq!(choices.last().unwrap()[0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn a_run_of_an_agent_that_calls_a_tool_nobody_offered_fails() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    app.model.next(two_calls().done_because(FinishReason::ToolCalls));
    let thread = lin.open_thread("tutor").await;
    let run = lin.ask(&thread, "Weather?").await;
    let finished = lin.finished(&run).await;
    assert_eq!(finished["error"]["code"], ErrorCode::EngineFailed.as_str(), "{finished}");
}
