//! The face of the OpenAI API: shapes, errors and agents.

use insta::assert_json_snapshot;
use ports::{AnswerForm, ChatMessage};
use serde_json::{Value, json};
use testkit::{Answer, Client, DEFAULT_MODEL, EMBEDDING_MODEL, OTHER_MODEL, RERANK_MODEL, Script, TestApp};
use wire::{ErrorCode, FinishReason, Role};

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

fn asks(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "hi"}]})
}

async fn complete(client: &Client, body: Value) -> Answer {
    client.clone().post("/v1/chat/completions", body).await
}

/// The code of an error in the face's shape.
#[track_caller]
fn face_error(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    let document = answer.json();
    let error = document["error"].as_object().unwrap();
    assert_eq!(document.as_object().unwrap().len(), 1);
    assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "message", "param", "type"]);
    assert_ne!(error["message"], "");
    assert!(answer.header("x-request-id").is_some());
    assert_ne!(error["type"], "");
    error["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_answer_has_the_shape_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(Script::new().loading().started().reasoning("hm").text("Hello").text(" there.").done());
    let mut answer = complete(&key, asks(DEFAULT_MODEL)).await.expect(200).json();
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    answer["id"] = json!("[id]");
    assert_json_snapshot!(answer, @r#"
    {
      "choices": [
        {
          "finish_reason": "stop",
          "index": 0,
          "logprobs": null,
          "message": {
            "content": "Hello there.",
            "reasoning_content": "hm",
            "refusal": null,
            "role": "assistant"
          }
        }
      ],
      "created": 1795334400,
      "id": "[id]",
      "model": "tiny-chat",
      "object": "chat.completion",
      "usage": {
        "completion_tokens": 3,
        "completion_tokens_details": {
          "reasoning_tokens": 1
        },
        "prompt_tokens": 7,
        "prompt_tokens_details": {
          "cached_tokens": 3
        },
        "total_tokens": 10
      }
    }
    "#);
    app.model.next(Script::new().text("cut").done_because(FinishReason::Length));
    let cut = complete(&key, asks(DEFAULT_MODEL)).await.expect(200).json();
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn what_is_asked_reaches_the_model() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let body = json!({
        "model": DEFAULT_MODEL,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "again"},
        ],
        "temperature": 0.25, "top_p": 0.5, "seed": -1, "max_tokens": 5, "max_completion_tokens": 9,
        "stop": "\n", "n": 1, "user": "a field of the face that changes nothing", "stream": false,
        "response_format": {"type": "text"}, "tools": [],
        "presence_penalty": 0.5, "frequency_penalty": -0.5, "logit_bias": {"7": -100, "9": 1.5},
        "min_p": 0.0625, "top_k": 40, "repetition_penalty": 1.25,
    });
    complete(&key, body).await.expect(200);
    let request = app.model.last_request();
    let lines = [
        (Role::System, "Be brief."),
        (Role::System, "Be kind."),
        (Role::User, "hi"),
        (Role::Assistant, "Hello."),
        (Role::User, "again"),
    ];
    assert_eq!(request.messages, lines.map(|(role, text)| ChatMessage::text(role, text)));
    let sampling = ports::Sampling {
        temperature: 0.25,
        top_p: 0.5,
        seed: Some(u32::MAX),
        max_tokens: Some(9),
        stop: vec!["\n".to_owned()],
        top_k: Some(40),
        min_p: 0.0625,
        penalties: ports::Penalties { presence: 0.5, frequency: -0.5, repeat: 1.25, dry: None },
        logit_bias: vec![(7, -100.0), (9, 1.5)],
    };
    assert_eq!(request.sampling, sampling);
    let mut body = asks(DEFAULT_MODEL);
    body["stop"] = json!(["a", "b"]);
    complete(&key, body).await.expect(200);
    assert_eq!(app.model.last_request().sampling.stop, ["a", "b"]);
}

#[tokio::test]
async fn a_form_reaches_the_model_with_the_order_of_its_fields() {
    let app = TestApp::start().await;
    let mut key = program(&app).await;
    let schema = r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"null"}}}"#;
    for (format, form) in [
        (r#"{"type":"text"}"#.to_owned(), AnswerForm::Text),
        (r#"{"type":"json_object"}"#.to_owned(), AnswerForm::JsonObject),
        (
            format!(r#"{{"type":"json_schema","json_schema":{{"name":"x","schema":{schema}}}}}"#),
            AnswerForm::JsonSchema { schema: schema.to_owned(), strict: true },
        ),
        (
            format!(
                r#"{{"type":"json_schema","json_schema":{{"name":"x","strict":false,"schema":{schema}}}}}"#
            ),
            AnswerForm::JsonSchema { schema: schema.to_owned(), strict: false },
        ),
    ] {
        let messages = r#"[{"role":"user","content":"hi"}]"#;
        let body =
            format!(r#"{{"model":"{DEFAULT_MODEL}","messages":{messages},"response_format":{format}}}"#);
        let call = key.call("POST", "/v1/chat/completions").raw("application/json", body);
        call.send().await.expect(200);
        assert_eq!(app.model.last_request().form, form, "{format}");
    }
}

#[tokio::test]
async fn an_agent_is_called_like_a_model() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (text, prompt) in [("hi there", "You are tutor."), ("你好", "你是 tutor。"), ("42", "You are tutor.")]
    {
        let body = json!({"model": "agent/tutor", "messages": [
            {"role": "system", "content": "Mine."}, {"role": "user", "content": text}]});
        let answer = complete(&key, body).await.expect(200).json();
        assert_eq!(answer["model"], "agent/tutor");
        let request = app.model.last_request();
        let lines: Vec<_> = request.messages.iter().map(|line| line.content()).collect();
        assert_eq!(lines, [prompt, "Mine.", text]);
        assert_eq!((request.model.as_str(), request.sampling.max_tokens), (DEFAULT_MODEL, Some(512)));
    }
}

#[tokio::test]
async fn models_and_agents_are_listed() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let list = key.get("/v1/models").await.expect(200).json();
    assert_eq!(list["object"], "list");
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    let models = [DEFAULT_MODEL, EMBEDDING_MODEL, RERANK_MODEL, "agent/ask", "agent/tutor"];
    assert_eq!(ids, [&models[..], &["auto", "best", "cheap"]].concat());
    let one = json!({"id": "agent/tutor", "object": "model", "created": 0, "owned_by": "hutong"});
    assert_eq!(key.get("/v1/models/agent/tutor").await.expect(200).json(), one);
    assert!(list["data"].as_array().unwrap().contains(&one));
    for unknown in [OTHER_MODEL, "no-such", "%FF"] {
        assert_eq!(face_error(&key.get(&format!("/v1/models/{unknown}")).await, 404), "not_found");
    }
}

#[tokio::test]
async fn without_a_key_that_is_live_nothing_is_answered() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let key = app.key_of(&lin).await;
    complete(&key, asks(DEFAULT_MODEL)).await.expect(200);
    let owner = app.accounts.owner().await.unwrap();
    let id = app.accounts.keys(&owner).await.unwrap()[0].id;
    app.accounts.revoke_key(&owner, id).await.unwrap();

    for caller in [app.anonymous(), lin, key, app.anonymous().with_bearer("hk_made-up")] {
        assert_eq!(face_error(&complete(&caller, asks(DEFAULT_MODEL)).await, 401), "unauthenticated");
        assert_eq!(face_error(&caller.get("/v1/models").await, 401), "unauthenticated");
    }
    assert_eq!(app.model.requests().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_name() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (field, value) in [
        ("n", json!(9)),
        ("n", json!(0)),
        ("tools", json!([{"type": "retrieval"}])),
        ("tools", json!([{"type": "function"}])),
        ("tool_choice", json!("perhaps")),
        ("response_format", json!({"type": "yaml"})),
        ("response_format", json!({"type": "json_schema"})),
        ("response_format", json!({"type": "json_schema", "json_schema": {"name": "x"}})),
        ("top_logprobs", json!(3)),
        ("top_logprobs", json!(21)),
        ("reasoning_effort", json!("huge")),
        ("messages", json!([])),
        ("messages", json!([{"role": "tool", "content": "x"}])),
        ("messages", json!([{"role": "function", "name": "f", "content": "x"}])),
        (
            "messages",
            json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]),
        ),
        ("temperature", json!(-0.1)),
        ("temperature", json!(2.1)),
        ("temperature", json!(1e39)),
        ("top_p", json!(1.5)),
        ("top_p", json!(-1)),
        ("max_tokens", json!(0)),
        ("presence_penalty", json!(3)),
        ("frequency_penalty", json!(-2.5)),
        ("repetition_penalty", json!(0)),
        ("min_p", json!(2)),
        ("logit_bias", json!({"1": 101})),
        ("dry_multiplier", json!(9)),
    ] {
        let mut body = asks(DEFAULT_MODEL);
        body[field] = value.clone();
        let answer = complete(&key, body).await;
        assert_eq!(face_error(&answer, 400), "invalid_request", "{field} = {value}");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(field), "{field} = {value}: {message}");
    }
    for model in ["no-such", "agent/nobody", ""] {
        assert_eq!(face_error(&complete(&key, asks(model)).await, 404), "not_found");
    }
    assert_eq!(face_error(&complete(&key, asks(OTHER_MODEL)).await, 409), "model_not_installed");
    assert!(app.model.requests().is_empty());
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_in_the_faces_shape() {
    let app = TestApp::start().await;
    let mut key = program(&app).await;
    for body in [&b"{"[..], b"", b"[]", b"\xff\xfe", b"{\"model\": 5, \"messages\": []}"] {
        let call = key.call("POST", "/v1/chat/completions").raw("application/json", body);
        assert_eq!(face_error(&call.send().await, 400), "invalid_request");
    }
    let mut body = asks(DEFAULT_MODEL);
    body["messages"][0]["content"] = json!("x".repeat(10 * 1024 * 1024));
    assert_eq!(face_error(&complete(&key, body).await, 413), "too_large");
}

#[tokio::test]
async fn a_failure_of_the_model_is_an_error_of_its_status() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (code, status) in
        [(ErrorCode::ContextExceeded, 400), (ErrorCode::EngineFailed, 503), (ErrorCode::OutOfMemory, 507)]
    {
        app.model.next(Script::new().started().text("half").fails(code, "the reason"));
        let answer = complete(&key, asks(DEFAULT_MODEL)).await;
        assert_eq!(face_error(&answer, status), code.as_str());
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains("the reason"));
    }
    app.model.next(Script::new().started().text("half"));
    assert_eq!(face_error(&complete(&key, asks(DEFAULT_MODEL)).await, 503), "engine_failed");
}
