//! The face of responses: answers that are kept, gone on from, written in the background, cancelled and deleted.

use std::time::Duration;

use ports::{ChatMessage, ToolCall};
use serde_json::{Value, json};
use testkit::{Answer, Client, DEFAULT_MODEL, Gate, Home, Script, TestApp};
use wire::{FinishReason, Role};

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

fn asked(more: &Value) -> Value {
    let mut body = json!({"model": DEFAULT_MODEL, "input": "hi"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn create(client: &Client, more: &Value) -> Answer {
    client.clone().post("/v1/responses", asked(more)).await
}

async fn created(client: &Client, more: &Value) -> Value {
    create(client, more).await.expect(200).json()
}

fn path(answer: &Value) -> String {
    format!("/v1/responses/{}", answer["id"].as_str().unwrap())
}

async fn look(client: &Client, answer: &Value) -> Value {
    client.get(&path(answer)).await.expect(200).json()
}

/// Looks until the answer is no longer being written.
async fn over(client: &Client, answer: &Value) -> Value {
    loop {
        let seen = look(client, answer).await;
        if seen["status"] != "in_progress" {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_answer_is_kept_until_it_is_deleted() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(Script::says(["Hi", "."]));
    let answer = created(&key, &json!({"metadata": {"a": "b"}})).await;
    assert_eq!([&answer["store"], &answer["background"]], [true, false]);
    assert_eq!(look(&key, &answer).await, answer);
    let items = key.get(&format!("{}/input_items", path(&answer))).await.expect(200).json();
    assert_eq!(items["data"][0]["content"], json!([{"type": "input_text", "text": "hi"}]));
    assert_eq!((&items["data"][0]["id"], &items["has_more"]), (&items["last_id"], &json!(false)));

    let mei = app.member("mei", app::Role::Member).await;
    let stranger = app.key_of(&mei).await;
    stranger.get(&path(&answer)).await.expect(404);
    stranger.clone().delete(&path(&answer)).await.expect(404);
    let theirs = create(&stranger, &json!({"previous_response_id": answer["id"]})).await.expect(404).json();
    assert_eq!(theirs["error"]["code"], "not_found");

    let gone = key.clone().delete(&path(&answer)).await.expect(200).json();
    assert_eq!(gone, json!({"id": answer["id"], "object": "response", "deleted": true}));
    key.get(&path(&answer)).await.expect(404);
    create(&key, &json!({"previous_response_id": answer["id"]})).await.expect(404);
}

#[tokio::test]
async fn an_answer_goes_on_from_the_one_before() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(Script::says(["One", "."]));
    let first = created(&key, &json!({"input": "1?", "instructions": "Count."})).await;
    let call = Script::new().started().text("Let me see.").calls(0, "now", ["{", "}"]);
    app.model.next(call.done_because(FinishReason::ToolCalls));
    let tools = json!([{"type": "function", "name": "now"}]);
    let second =
        created(&key, &json!({"input": "2?", "previous_response_id": first["id"], "tools": tools})).await;
    assert_eq!(second["previous_response_id"], first["id"]);
    let call_id = second["output"][1]["call_id"].as_str().unwrap().to_owned();
    app.model.next(Script::says(["Noon."]));
    let result = json!([{"type": "function_call_output", "call_id": call_id, "output": "12:00"}]);
    let more = json!({"input": result, "previous_response_id": second["id"], "instructions": "Be brief."});
    created(&key, &more).await;
    let calls = vec![ToolCall { id: call_id.clone(), name: "now".to_owned(), arguments: "{}".to_owned() }];
    let conversation = [
        ChatMessage::text(Role::System, "Be brief."),
        ChatMessage::text(Role::User, "1?"),
        ChatMessage::text(Role::Assistant, "One."),
        ChatMessage::text(Role::User, "2?"),
        ChatMessage::Calls { content: "Let me see.".to_owned(), calls },
        ChatMessage::Result { call_id, content: "12:00".to_owned() },
    ];
    assert_eq!(app.model.last_request().messages, conversation);
    // Whoever asks on without the tool's result has not called it.
    app.model.next(Script::says(["Fine."]));
    created(&key, &json!({"input": "3?", "previous_response_id": second["id"]})).await;
    let messages = app.model.last_request().messages;
    assert_eq!(messages[3], ChatMessage::text(Role::Assistant, "Let me see."));
    assert_eq!(messages[4], ChatMessage::text(Role::User, "3?"));

    key.clone().delete(&path(&first)).await.expect(200);
    create(&key, &json!({"previous_response_id": second["id"]})).await.expect(404);
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_not() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let answer = created(&key, &json!({"store": false})).await;
    assert_eq!(answer["store"], false);
    key.get(&path(&answer)).await.expect(404);

    let app = TestApp::build().response_days(0).start().await;
    let key = program(&app).await;
    let answer = created(&key, &json!({})).await;
    assert_eq!(answer["store"], false);
    for (field, more) in [
        ("store:", json!({"store": true})),
        ("background:", json!({"background": true})),
        ("previous_response_id:", json!({"previous_response_id": answer["id"]})),
    ] {
        let refused = create(&key, &more).await.expect(400).json();
        assert!(refused["error"]["message"].as_str().unwrap().starts_with(field), "{refused}");
    }
}

#[tokio::test]
async fn an_answer_is_deleted_when_its_time_is_over() {
    let app = TestApp::build().response_days(2).start().await;
    let key = program(&app).await;
    let answer = created(&key, &json!({})).await;
    app.clock.advance(Duration::from_secs(86_400));
    app.app.expire_responses().await.unwrap();
    look(&key, &answer).await;
    app.clock.advance(Duration::from_secs(86_401));
    app.app.expire_responses().await.unwrap();
    key.get(&path(&answer)).await.expect(404);
}

#[tokio::test]
async fn an_answer_in_the_background_is_waited_for_by_nobody() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["Hi", "."]));
    let answer = created(&key, &json!({"background": true})).await;
    assert_eq!([&answer["status"], &answer["background"]], [&json!("in_progress"), &json!(true)]);
    assert_eq!(look(&key, &answer).await["status"], "in_progress");
    let early = create(&key, &json!({"previous_response_id": answer["id"]})).await.expect(409).json();
    assert_eq!(early["error"]["code"], "conflict");
    gate.open();
    let seen = over(&key, &answer).await;
    assert_eq!(
        (&seen["status"], &seen["output"][0]["content"][0]["text"]),
        (&json!("completed"), &json!("Hi."))
    );
    assert_eq!(seen["usage"]["output_tokens"], 2);
    // Cancelling what is over changes nothing.
    let cancel = format!("{}/cancel", path(&answer));
    assert_eq!(key.clone().post(&cancel, json!({})).await.expect(200).json(), seen);
    // One that somebody waits for is left, not cancelled.
    let followed = created(&key, &json!({})).await;
    key.clone().post(&format!("{}/cancel", path(&followed)), json!({})).await.expect(400);
}

#[tokio::test]
async fn a_cancelled_answer_keeps_what_was_told() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["Hi", "there", "."]));
    let answer = created(&key, &json!({"background": true})).await;
    gate.let_through(1);
    app.model.asked(1).await;
    let cancelled =
        key.clone().post(&format!("{}/cancel", path(&answer)), json!({})).await.expect(200).json();
    assert_eq!(cancelled["status"], "cancelled");
    app.model.aborted(1).await;
    assert_eq!(look(&key, &answer).await, cancelled);
    // What it may cost is no longer held, soon.
    while app.app.open_holds().await.unwrap().0 > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_stream_in_the_background_goes_on_when_it_is_left() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    for (background, status) in [(true, "completed"), (false, "cancelled")] {
        let gate = Gate::new();
        app.model.next(Script::says_behind(&gate, ["Hi", "."]));
        let body = asked(&json!({"stream": true, "background": background}));
        let mut events = key.clone().call("POST", "/v1/responses").json(&body).stream().await;
        let answer = events.next().await.unwrap().data["response"].clone();
        drop(events);
        if background {
            gate.open();
        } else {
            app.model.aborted(1).await;
        }
        let seen = loop {
            match key.get(&path(&answer)).await {
                seen if seen.status == 200 && seen.json()["status"] != "in_progress" => break seen.json(),
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        assert_eq!(seen["status"], status);
    }
}

#[tokio::test]
async fn a_stream_that_says_completed_is_kept() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.model.next(Script::says(["Hi", "."]));
    let body = asked(&json!({"stream": true}));
    let events = key.clone().call("POST", "/v1/responses").json(&body).stream().await.rest().await;
    let last = &events.last().unwrap().data;
    assert_eq!(last["type"], "response.completed");
    assert_eq!(look(&key, &last["response"]).await, last["response"]);
}

#[tokio::test]
async fn an_answer_that_a_stop_cut_off_says_so() {
    let home = Home::new();
    let app = TestApp::build().home(&home).start().await;
    let key = program(&app).await;
    let gate = Gate::new();
    for _ in 0..2 {
        app.model.next(Script::says_behind(&gate, ["Hi", "."]));
    }
    let stopped = created(&key, &json!({"background": true})).await;
    app.model.asked(1).await;
    app.app.shut_down().await;
    let seen = look(&key, &stopped).await;
    assert_eq!((&seen["status"], &seen["error"]["code"]), (&json!("failed"), &json!("interrupted")));

    // A server that is gone without a word leaves an answer that nobody writes.
    let app = TestApp::build().home(&home).start().await;
    let key = app.anonymous().with_bearer(&key.bearer());
    app.model.next(Script::says_behind(&gate, ["Hi", "."]));
    let left = created(&key, &json!({"background": true})).await;
    drop(app);
    let app = TestApp::build().home(&home).start().await;
    let key = app.anonymous().with_bearer(&key.bearer());
    let seen = look(&key, &left).await;
    assert_eq!((&seen["status"], &seen["error"]["code"]), (&json!("failed"), &json!("interrupted")));
    assert_eq!(look(&key, &stopped).await["status"], "failed");
}

/// What a stream tells, from where the program stands.
async fn retold(key: &Client, answer: &Value, query: &str) -> Vec<Value> {
    let events = key.clone().stream(&format!("{}?stream=true{query}", path(answer))).await.rest().await;
    events.into_iter().map(|event| event.data).collect()
}

#[tokio::test]
async fn an_answer_in_the_background_is_told_again_from_wherever_a_program_stands() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let gate = Gate::new();
    app.model.next(Script::says_behind(&gate, ["Hi", " there", "."]));
    let body = asked(&json!({"stream": true, "background": true}));
    let mut events = key.clone().call("POST", "/v1/responses").json(&body).stream().await;
    let mut first = vec![events.next().await.unwrap().data];
    let answer = first[0]["response"].clone();
    gate.let_through(1);
    while first.last().unwrap()["type"] != "response.output_text.delta" {
        first.push(events.next().await.unwrap().data);
    }
    let seen = first.last().unwrap()["sequence_number"].as_u64().unwrap();
    drop(events);
    // Others follow while it is being written, from the beginning or from where they were.
    let follower = tokio::spawn({
        let (key, answer) = (key.clone(), answer.clone());
        async move { retold(&key, &answer, &format!("&starting_after={seen}")).await }
    });
    gate.open();
    let rest = follower.await.unwrap();
    let all = retold(&key, &answer, "").await;
    assert_eq!([first, rest.clone()].concat(), all);
    let numbers: Vec<u64> = all.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..u64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    assert_eq!(all.last().unwrap()["type"], "response.completed");
    assert_eq!(all.last().unwrap()["response"], look(&key, &answer).await);
    // When it is over, too; whoever has everything is told nothing.
    assert_eq!(retold(&key, &answer, &format!("&starting_after={seen}")).await, rest);
    assert_eq!(retold(&key, &answer, &format!("&starting_after={}", all.len())).await, Vec::<Value>::new());

    let mei = app.member("mei", app::Role::Member).await;
    let stranger = app.key_of(&mei).await;
    stranger.get(&format!("{}?stream=true", path(&answer))).await.expect(404);
    key.clone().delete(&path(&answer)).await.expect(200);
    key.get(&format!("{}?stream=true", path(&answer))).await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_told_again_is_said_to_be_so() {
    let home = Home::new();
    let app = TestApp::build().home(&home).start().await;
    let key = program(&app).await;
    app.model.next(Script::says(["Hi."]));
    let waited_for = created(&key, &json!({})).await;
    app.model.next(Script::says(["Hi."]));
    let answer = created(&key, &json!({"background": true})).await;
    over(&key, &answer).await;
    let refused = async |key: &Client, path: String| {
        key.get(&path).await.expect(400).json()["error"]["message"].as_str().unwrap().to_owned()
    };
    let told = refused(&key, format!("{}?stream=true", path(&waited_for))).await;
    assert!(told.starts_with("stream: only an answer that was asked for in the background"), "{told}");
    let told = refused(&key, format!("{}?starting_after=3", path(&answer))).await;
    assert!(told.starts_with("starting_after: only with stream=true"), "{told}");
    refused(&key, format!("{}?stream=true&starting_after=-1", path(&answer))).await;
    // Another process knows what was told, and not in which pieces.
    app.app.shut_down().await;
    let app = TestApp::build().home(&home).start().await;
    let key = app.anonymous().with_bearer(&key.bearer());
    let told = refused(&key, format!("{}?stream=true", path(&answer))).await;
    assert!(told.starts_with("stream: the events of this answer are no longer kept"), "{told}");
    assert_eq!(look(&key, &answer).await["status"], "completed");
}
