//! Answers that are given again: to whom, for how long, and at what price.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Client, Script, TestApp, TestAppBuilder};
use wire::ErrorCode;

use crate::money::is_sound;

fn recalling(policy: &'static str) -> TestAppBuilder {
    TestApp::build().prices(["3.00", "0.30", "15.00"]).recall(policy)
}

/// Asks the tutor in a new window; the text of the answer, and the run.
async fn asked(client: &Client, question: &str) -> (String, Value) {
    let thread = client.open_thread("tutor").await;
    let run = client.ask(&thread, question).await;
    let run = client.finished(&run).await;
    let page = client.messages(&thread).await;
    let parts = page["items"][1]["parts"].as_array().unwrap();
    let texts = parts.iter().filter_map(|part| part["text"].as_str());
    (texts.collect(), run)
}

async fn told(client: &Client, question: &str) -> String {
    asked(client, question).await.0
}

#[tokio::test]
async fn a_kept_answer_costs_its_prompt_at_the_cache_price() {
    let app = recalling("{ hours = 1 }").start().await;
    let lin = app.owner().await;
    app.model.next(Script::new().started().reasoning("hm").text("Hel").text("lo").done());
    let (text, first) = asked(&lin, "hi").await;
    assert_eq!((text.as_str(), &first["cost"]["micros"]), ("hmHello", &json!(58)));
    let (text, second) = asked(&lin, "hi").await;
    assert_eq!((text.as_str(), app.model.requests().len()), ("hmHello", 1));
    // 7 × 0.30 = 2.1 micro-yuan: the whole prompt, and nothing that was written.
    assert_eq!((&second["cost"]["micros"], &second["usage"]["cached_tokens"]), (&json!(2), &json!(7)));
    assert_eq!(second["finish_reason"], "stop");
    is_sound(&app).await;

    assert_eq!(told(&lin, "hi?").await, "Hello there.", "another question has another answer");
    app.clock.advance(Duration::from_secs(3_601));
    app.model.next(Script::says(["new"]));
    assert_eq!(told(&lin, "hi").await, "new", "its time is over");
}

#[tokio::test]
async fn what_one_member_was_answered_only_they_are_answered_again() {
    let app = recalling("{ hours = 1 }").start().await;
    let (lin, bob) = (app.owner().await, app.member("bob", app::Role::Member).await);
    for (member, answer) in [(&lin, "for Lin"), (&bob, "for Bob")] {
        app.model.next(Script::says([answer]));
        assert_eq!(told(member, "hi").await, answer);
    }
    assert_eq!((told(&lin, "hi").await, told(&bob, "hi").await), ("for Lin".into(), "for Bob".into()));

    let app = recalling("{ hours = 1, shared = true }").start().await;
    let (lin, mut bob) = (app.owner().await, app.member("bob", app::Role::Member).await);
    // Instructions are told in a member's language: that is part of the question.
    bob.patch("/api/v1/me", json!({"locale": "en"})).await.expect(200);
    let elsewhere = app.stranger().await;
    app.model.next(Script::says(["for all"]));
    assert_eq!((told(&lin, "hi").await, told(&bob, "hi").await), ("for all".into(), "for all".into()));
    app.model.next(Script::says(["elsewhere"]));
    assert_eq!(told(&elsewhere, "hi").await, "elsewhere", "another workspace is told nothing");
}

#[tokio::test]
async fn whoever_wants_another_answer_gets_one() {
    let app = recalling("{ hours = 1 }").start().await;
    let mut lin = app.owner().await;
    app.model.next(Script::says(["first"]));
    let thread = lin.open_thread("tutor").await;
    let run = lin.ask(&thread, "hi").await;
    lin.finished(&run).await;
    app.model.next(Script::says(["second"]));
    let again = lin.another(&run["message_id"]);
    let again = lin.post(&format!("/api/v1/threads/{thread}/runs"), again).await.expect(202).json();
    lin.finished(&again).await;
    assert_eq!(app.model.requests().len(), 2);
    assert_eq!(told(&lin, "hi").await, "second", "the newer one is the one that is kept");
}

#[tokio::test]
async fn what_failed_or_was_deleted_is_not_kept() {
    let app = recalling("{ hours = 1, shared = true }").start().await;
    let mut lin = app.owner().await;
    app.model.next(Script::new().started().text("half").fails(ErrorCode::EngineFailed, "It broke."));
    told(&lin, "hi").await;
    app.model.next(Script::says(["whole"]));
    let thread = lin.open_thread("tutor").await;
    let run = lin.ask(&thread, "hi").await;
    lin.finished(&run).await;
    assert_eq!(told(&lin, "hi").await, "whole");
    lin.delete(&format!("/api/v1/threads/{thread}")).await.expect(204);
    app.model.next(Script::says(["new"]));
    assert_eq!(told(&lin, "hi").await, "new");
}

#[tokio::test]
async fn programs_are_answered_again_by_agents_and_never_by_models() {
    let app = recalling("{ hours = 1 }").start().await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    let ask = |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = key.post("/v1/chat/completions", ask("agent/tutor")).await.expect(200).json();
        answers.push((
            answer["choices"].clone(),
            answer["usage"]["prompt_tokens_details"]["cached_tokens"].clone(),
        ));
    }
    assert_eq!((&answers[0].0, &answers[0].1, &answers[1].1), (&answers[1].0, &json!(3), &json!(7)));
    assert_eq!(app.model.requests().len(), 1);
    for _ in 0..2 {
        key.post("/v1/chat/completions", ask(testkit::DEFAULT_MODEL)).await.expect(200);
    }
    assert_eq!(app.model.requests().len(), 3);
    is_sound(&app).await;
}
