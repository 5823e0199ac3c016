//! Who answered, as programs are told: the model that did, and the policy or the agent that chose it.

use serde_json::{Value, json};
use testkit::{Client, SseEvent, TestApp};

use crate::routing::{LARGE, SICK, SMALL, Street, chat};

const ROUTE: &str = "x-hutong-route";

/// What each face is asked.
fn asked(path: &str, model: &str, is_streamed: bool) -> Value {
    let mut body = match path {
        "/v1/responses" => json!({"model": model, "input": "say hello to my cat", "max_output_tokens": 100}),
        _ => chat(model),
    };
    body["stream"] = json!(is_streamed);
    body
}

async fn told(key: &mut Client, path: &str, model: &str) -> Vec<SseEvent> {
    let body = asked(path, model, true);
    let mut events = key.call("POST", path).json(&body).stream().await.rest().await;
    events.retain(|event| event.data != "[DONE]");
    events
}

/// A new server: whoever only fails is not asked again and again.
async fn program(offered: &[&str]) -> (Street, TestApp, Client) {
    let street = Street::open(offered).await;
    let app = street.build().start().await;
    let key = app.key_of(&app.owner().await).await;
    (street, app, key)
}

#[tokio::test]
async fn an_answer_names_the_model_that_gave_it_and_the_header_the_policy() {
    for path in ["/v1/chat/completions", "/v1/messages", "/v1/responses"] {
        let (_street, _app, mut key) = program(&[SICK, LARGE]).await;
        let answer = key.post(path, asked(path, "auto", false)).await.expect(200);
        assert_eq!(answer.json()["model"], LARGE, "{path}");
        assert_eq!(answer.header(ROUTE), Some(format!("auto; {LARGE}").as_str()), "{path}");
        if path == "/v1/responses" {
            let kept = format!("{path}/{}", answer.json()["id"].as_str().unwrap());
            assert_eq!(key.get(&kept).await.expect(200).json()["model"], LARGE);
        }
    }
}

#[tokio::test]
async fn a_stream_names_whoever_it_comes_from() {
    let (_street, _app, mut key) = program(&[SICK, LARGE]).await;
    let chunks = told(&mut key, "/v1/chat/completions", "auto").await;
    let models: Vec<&Value> = chunks.iter().map(|chunk| &chunk.data["model"]).collect();
    assert_eq!(models, vec![LARGE; chunks.len()]);
    assert_eq!(chunks[0].data["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));

    let (_street, _app, mut key) = program(&[SICK, LARGE]).await;
    let events = told(&mut key, "/v1/messages", "auto").await;
    assert_eq!(events[0].data["type"], "message_start");
    assert_eq!(events[0].data["message"]["model"], LARGE);

    // The first event brings the answer's id, and does not wait.
    let (_street, _app, mut key) = program(&[SICK, LARGE]).await;
    let events = told(&mut key, "/v1/responses", "auto").await;
    let models = [&events[0].data["response"]["model"], &events.last().unwrap().data["response"]["model"]];
    assert_eq!(models, [SICK, LARGE]);
}

#[tokio::test]
async fn a_stream_s_header_says_who_was_chosen_when_it_began() {
    let (_street, _app, mut key) = program(&[SMALL, LARGE]).await;
    for path in ["/v1/chat/completions", "/v1/messages", "/v1/responses"] {
        let answer = key.post(path, asked(path, "auto", true)).await.expect(200);
        assert_eq!(answer.header(ROUTE), Some(format!("auto; {SMALL}").as_str()), "{path}");
    }
}

#[tokio::test]
async fn a_model_that_was_named_answers_by_its_name_and_an_agent_by_its_own() {
    let (_street, _app, mut key) = program(&[SMALL]).await;
    let answer = key.post("/v1/chat/completions", chat(SMALL)).await.expect(200);
    assert_eq!((&answer.json()["model"], answer.header(ROUTE)), (&json!(SMALL), None));
    let answer = key.post("/v1/chat/completions", chat("agent/tutor")).await.expect(200);
    assert_eq!(answer.json()["model"], "agent/tutor");
    assert_eq!(answer.header(ROUTE), Some("agent/tutor; tiny-chat"));
}
