//! What a model is told of an agent never changes from one turn to the next, so that its cache of prompts hits.

use ports::ChatMessage;
use serde_json::json;
use testkit::{Script, TestApp};

#[tokio::test]
async fn each_turn_of_a_thread_begins_with_the_whole_turn_before() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    let mut parent = None;
    for question in ["How are you?", "你好吗？", "why?"] {
        app.model.next(Script::says(["Fine", "."]));
        let run = lin.ask_below(&thread, parent.as_deref(), question).await;
        lin.finished(&run).await;
        // Nothing of the day or the hour is told.
        app.clock.advance(std::time::Duration::from_secs(86_400));
        parent = run["reply_id"].as_str().map(str::to_owned);
    }
    let requests = app.model.requests();
    assert_eq!(requests.len(), 3);
    for pair in requests.windows(2) {
        let [earlier, later] = pair else { unreachable!() };
        assert!(later.messages.starts_with(&earlier.messages), "{later:?}");
        assert_eq!((earlier.fixed_messages, later.fixed_messages), (1, 1));
        assert_eq!((&earlier.tools, &earlier.form), (&later.tools, &later.form));
    }
}

#[tokio::test]
async fn an_agent_of_a_program_keeps_to_the_language_of_the_first_question() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    let mut messages = vec![json!({"role": "user", "content": "How are you?"})];
    for question in ["你好吗？", "为什么？"] {
        let body = json!({"model": "agent/tutor", "messages": messages});
        key.post("/v1/chat/completions", body).await.expect(200);
        messages.push(json!({"role": "assistant", "content": "Fine."}));
        messages.push(json!({"role": "user", "content": question}));
    }
    let requests = app.model.requests();
    let instructions = |at: usize| -> &ChatMessage { &requests[at].messages[0] };
    assert_eq!(instructions(0), instructions(1));
    assert!(requests[1].messages.starts_with(&requests[0].messages));
}
