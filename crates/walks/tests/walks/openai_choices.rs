//! Several choices, probabilities of tokens and the length of thought in the face's shapes.

use ports::{Effort, Reasoning, TokenLogprob};
use serde_json::{Value, json};
use testkit::{Client, DEFAULT_MODEL, Gate, Script, TestApp, usage_of};
use wire::{ErrorCode, FinishReason};

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

fn body(more: &Value) -> Value {
    let mut body = json!({"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn complete(client: &Client, more: &Value) -> Value {
    client.clone().post("/v1/chat/completions", body(more)).await.expect(200).json()
}

async fn chunks(client: &Client, more: &Value) -> Vec<Value> {
    let mut asked = body(more);
    asked["stream"] = json!(true);
    let mut client = client.clone();
    client
        .call("POST", "/v1/chat/completions")
        .json(&asked)
        .stream()
        .await
        .rest()
        .await
        .into_iter()
        .map(|event| event.data)
        .collect()
}

fn token(text: &str, logprob: f32, alternatives: Vec<TokenLogprob>) -> TokenLogprob {
    TokenLogprob { token: text.to_owned(), logprob, bytes: text.as_bytes().to_vec(), alternatives }
}

#[tokio::test]
async fn each_choice_has_its_place_and_the_prompt_counts_once() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(Script::says(["One"]));
    app.model.next(Script::new().text("Two").text(", three").done_because(FinishReason::Length));
    let answer = complete(&key, &json!({"n": 2, "seed": 7})).await;
    let choices: Vec<_> = answer["choices"].as_array().unwrap().iter().collect();
    let told: Vec<_> = choices
        .iter()
        .map(|choice| json!([choice["index"], choice["message"]["content"], choice["finish_reason"]]))
        .collect();
    assert_eq!(told, [json!([0, "One", "stop"]), json!([1, "Two, three", "length"])]);
    let (input, output) = (usage_of(0).input_tokens, 1 + 2);
    assert_eq!(answer["usage"]["prompt_tokens"], input);
    assert_eq!(answer["usage"]["completion_tokens"], output);
    assert_eq!(answer["usage"]["total_tokens"], input + output);
    let requests = app.model.requests();
    let seeds: Vec<_> = requests.iter().map(|request| request.sampling.seed).collect();
    assert_eq!(seeds, [Some(7), Some(8)]);
    let families: Vec<_> = requests.iter().map(|request| request.family.clone().unwrap()).collect();
    assert_eq!((families[0].index, families[1].index), (0, 1));
    assert_eq!(families[0].id, families[1].id);
    complete(&key, &json!({"n": 1})).await;
    assert_eq!(app.model.last_request().family, None);
}

#[tokio::test]
async fn choices_stream_side_by_side_and_end_together() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let gate = Gate::new();
    gate.open();
    app.model.next(Script::new().text("a").waits(&gate).text("b").done());
    app.model.next(Script::new().text("c").done());
    let mut chunks = chunks(&key, &json!({"n": 2, "stream_options": {"include_usage": true}})).await;
    assert_eq!(chunks.pop(), Some(json!("[DONE]")));
    let usage = chunks.pop().unwrap();
    assert_eq!((&usage["choices"], &usage["usage"]["completion_tokens"]), (&json!([]), &json!(3)));
    assert_eq!(usage["usage"]["prompt_tokens"], usage_of(0).input_tokens);
    for (index, text) in [(0, "ab"), (1, "c")] {
        let own: Vec<&Value> = chunks
            .iter()
            .map(|chunk| &chunk["choices"][0])
            .filter(|choice| choice["index"] == index)
            .collect();
        assert_eq!(own[0]["delta"], json!({"role": "assistant", "content": ""}));
        let said: String = own.iter().filter_map(|choice| choice["delta"]["content"].as_str()).collect();
        assert_eq!(said, text);
        assert_eq!(own.last().unwrap()["finish_reason"], "stop");
    }
}

#[tokio::test]
async fn a_choice_that_fails_ends_all_of_them() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for streams in [false, true] {
        app.model.next(Script::new().started().hangs());
        app.model.next(Script::new().started().fails(ErrorCode::EngineFailed, "It broke."));
        let aborted = app.model.aborted_so_far();
        if streams {
            let last = chunks(&key, &json!({"n": 2})).await.pop().unwrap();
            assert_eq!(last["error"]["code"], ErrorCode::EngineFailed.as_str());
        } else {
            let answer = key.clone().post("/v1/chat/completions", body(&json!({"n": 2}))).await;
            assert_eq!(answer.json()["error"]["code"], ErrorCode::EngineFailed.as_str());
        }
        app.model.aborted(aborted + 1).await;
    }
}

#[tokio::test]
async fn calls_of_choices_have_ids_of_their_own() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let tools = json!([{"type": "function", "function": {"name": "now"}}]);
    for _ in 0..2 {
        app.model.next(Script::new().calls(0, "now", ["{}"]).done_because(FinishReason::ToolCalls));
    }
    let answer = complete(&key, &json!({"n": 2, "tools": tools})).await;
    let id = |choice: usize| &answer["choices"][choice]["message"]["tool_calls"][0]["id"];
    assert!(id(0) != id(1) && id(1).is_string(), "{answer}");
}

#[tokio::test]
async fn probabilities_come_in_the_shape_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let script = || {
        let other = vec![token("Hi", -0.5, Vec::new()), token("Ha", -1.5, Vec::new())];
        Script::new().logprobs(vec![token("Hi", -0.5, other)]).text("Hi").text("!").done()
    };
    let alternative =
        |text: &str, logprob: f32, bytes: Value| json!({"token": text, "logprob": logprob, "bytes": bytes});
    let first = json!({"token": "Hi", "logprob": -0.5, "bytes": [72, 105],
        "top_logprobs": [alternative("Hi", -0.5, json!([72, 105])), alternative("Ha", -1.5, json!([72, 97]))]});
    let expected = json!({"content": [first], "refusal": null});
    app.model.next(script());
    let asked = json!({"logprobs": true, "top_logprobs": 2});
    assert_eq!(complete(&key, &asked).await["choices"][0]["logprobs"], expected);
    assert_eq!(app.model.last_request().logprobs, Some(2));
    app.model.next(script());
    let chunks = chunks(&key, &asked).await;
    let told: Vec<&Value> = chunks
        .iter()
        .filter_map(|chunk| chunk.pointer("/choices/0"))
        .filter(|choice| choice["delta"]["content"].as_str().is_some_and(|text| !text.is_empty()))
        .map(|choice| &choice["logprobs"])
        .collect();
    assert_eq!(told, [&expected, &Value::Null], "they come with their text");
    for (asked, reaches) in
        [(json!({"logprobs": true}), Some(0)), (json!({"logprobs": false, "top_logprobs": 0}), None)]
    {
        complete(&key, &asked).await;
        assert_eq!(app.model.last_request().logprobs, reaches, "{asked}");
    }
}

#[tokio::test]
async fn how_long_to_think_reaches_the_model() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (asked, reaches) in [
        (json!({}), Reasoning::default()),
        (json!({"reasoning_effort": "low"}), Reasoning { effort: Some(Effort::Low), budget: None }),
        (json!({"thinking_budget": 99}), Reasoning { effort: None, budget: Some(99) }),
        (json!({"enable_thinking": false}), Reasoning { effort: Some(Effort::None), budget: Some(0) }),
    ] {
        complete(&key, &asked).await;
        assert_eq!(app.model.last_request().reasoning, reaches, "{asked}");
    }
}
