//! Asking, asking again, stopping.

use insta::assert_json_snapshot;
use ports::ChatMessage;
use serde_json::{Value, json};
use testkit::{DEFAULT_MODEL, OTHER_MODEL, Script, TestApp, redact, texts};
use wire::Role;

fn runs_of(thread: &str) -> String {
    format!("/api/v1/threads/{thread}/runs")
}

#[tokio::test]
async fn a_question_is_answered_event_by_event() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    app.model.next(Script::new().queued(2).loading().started().text("Went").text(", not goed.").done());

    let wish = lin.question(None, "\n I goed home \nyesterday");
    let accepted = lin.post(&runs_of(&thread), wish).await.expect(202).json();
    assert_json_snapshot!(redact(accepted.clone()), @r#"
    {
      "agent_id": "tutor",
      "cost": null,
      "created_at": "[time]",
      "error": null,
      "finish_reason": null,
      "finished_at": null,
      "id": "[id 1]",
      "message_id": "[id 2]",
      "model": "tiny-chat",
      "reply_id": "[id 3]",
      "route": null,
      "state": "queued",
      "thread_id": "[id 4]",
      "timings": null,
      "usage": null
    }
    "#);

    let events = lin.events(&accepted).await.rest().await;
    let ids: Vec<_> = events.iter().map(|event| event.id.unwrap()).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    assert!(events.iter().all(|event| event.data["type"].as_str() == event.name.as_deref()));
    let data: Vec<_> = events.into_iter().map(|event| event.data).collect();
    assert_json_snapshot!(data, @r#"
    [
      {
        "position": 2,
        "type": "queued"
      },
      {
        "model": "tiny-chat",
        "type": "loading"
      },
      {
        "model": "tiny-chat",
        "type": "started"
      },
      {
        "text": "Went",
        "type": "text_delta"
      },
      {
        "text": ", not goed.",
        "type": "text_delta"
      },
      {
        "cost": {
          "currency": "CNY",
          "is_estimated": false,
          "is_unpriced": false,
          "micros": 0,
          "paid_by": "allowance"
        },
        "error": null,
        "finish_reason": "stop",
        "state": "succeeded",
        "timings": {
          "decode_ms": 0,
          "first_token_ms": 0
        },
        "type": "finished",
        "usage": {
          "cached_tokens": 3,
          "input_tokens": 7,
          "output_tokens": 2,
          "reasoning_tokens": 0
        }
      }
    ]
    "#);
}

#[tokio::test]
async fn the_thread_keeps_question_answer_and_run() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    app.model.next(Script::says(["Went", ", not goed."]));
    let run = lin.ask(&thread, "\n I goed home \nyesterday").await;
    let run = lin.finished(&run).await;

    let page = lin.messages(&thread).await;
    assert_eq!(page["runs"], json!([run]));
    assert_json_snapshot!(redact(page), @r#"
    {
      "items": [
        {
          "created_at": "[time]",
          "id": "[id 1]",
          "parent_id": null,
          "parts": [
            {
              "text": "\n I goed home \nyesterday",
              "type": "text"
            }
          ],
          "role": "user",
          "run_id": null,
          "thread_id": "[id 2]"
        },
        {
          "created_at": "[time]",
          "id": "[id 3]",
          "parent_id": "[id 1]",
          "parts": [
            {
              "text": "Went, not goed.",
              "type": "text"
            }
          ],
          "role": "assistant",
          "run_id": "[id 4]",
          "thread_id": "[id 2]"
        }
      ],
      "next": null,
      "runs": [
        {
          "agent_id": "tutor",
          "cost": {
            "currency": "CNY",
            "is_estimated": false,
            "is_unpriced": false,
            "micros": 0,
            "paid_by": "allowance"
          },
          "created_at": "[time]",
          "error": null,
          "finish_reason": "stop",
          "finished_at": "[time]",
          "id": "[id 4]",
          "message_id": "[id 1]",
          "model": "tiny-chat",
          "reply_id": "[id 3]",
          "route": null,
          "state": "succeeded",
          "thread_id": "[id 2]",
          "timings": {
            "decode_ms": 0,
            "first_token_ms": 0
          },
          "usage": {
            "cached_tokens": 3,
            "input_tokens": 7,
            "output_tokens": 2,
            "reasoning_tokens": 0
          }
        }
      ]
    }
    "#);
    let shown = lin.get(&format!("/api/v1/threads/{thread}")).await.json();
    assert_eq!(
        (&shown["title"], &shown["leaf_id"], &shown["active_run_id"]),
        (&json!("I goed home"), &run["reply_id"], &Value::Null)
    );
}

#[tokio::test]
async fn the_model_gets_instructions_branch_and_sampling() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    app.model.next(Script::says(["Hello", " there."]));
    let first = lin.ask(&thread, "hi").await;
    lin.finished(&first).await;
    let second = lin.ask_below(&thread, first["reply_id"].as_str(), "and you?").await;
    lin.finished(&second).await;

    let request = app.model.last_request();
    let lines = [
        (Role::System, "You are tutor."),
        (Role::User, "hi"),
        (Role::Assistant, "Hello there."),
        (Role::User, "and you?"),
    ];
    assert_eq!(request.messages, lines.map(|(role, text)| ChatMessage::text(role, text)));
    let sampling = &request.sampling;
    assert_eq!((request.model.as_str(), sampling.max_tokens), (DEFAULT_MODEL, Some(512)));
    assert!(
        (sampling.temperature - 0.5).abs() < f32::EPSILON && (sampling.top_p - 0.75).abs() < f32::EPSILON
    );
    let me = lin.get("/api/v1/me").await.json();
    assert_eq!(request.scope.as_deref(), me["member"]["id"].as_str());
}

#[tokio::test]
async fn the_wish_may_name_another_language() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    let mut wish = lin.question(None, "hi");
    wish["locale"] = json!("zh-CN");
    let run = lin.post(&runs_of(&thread), wish).await.expect(202).json();
    lin.finished(&run).await;
    assert_eq!(app.model.last_request().messages[0].content(), "你是 tutor。");
}

#[tokio::test]
async fn a_second_answer_stands_beside_the_first() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let first = lin.ask(&thread, "a word?").await;
    lin.finished(&first).await;

    app.model.next(Script::says(["Another"]));
    let wish = lin.another(&first["message_id"]);
    let second = lin.post(&runs_of(&thread), wish).await.expect(202).json();
    lin.finished(&second).await;

    let page = lin.messages(&thread).await;
    let tree: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|m| (&m["id"], &m["parent_id"])).collect();
    let question = &first["message_id"];
    assert_eq!(tree.len(), 3);
    assert!(
        tree.contains(&(&first["reply_id"], question)) && tree.contains(&(&second["reply_id"], question))
    );
    assert_eq!(lin.get(&format!("/api/v1/threads/{thread}")).await.json()["leaf_id"], second["reply_id"]);
    let asked: Vec<_> =
        app.model.last_request().messages.into_iter().map(|line| line.content().to_owned()).collect();
    assert_eq!(asked, ["You are ask.", "a word?"]);

    let wish = lin.another(&first["reply_id"]);
    assert_eq!(lin.post(&runs_of(&thread), wish).await.problem(400), "invalid_request");
    let wish = lin.another(&json!(lin.id()));
    assert_eq!(lin.post(&runs_of(&thread), wish).await.problem(404), "not_found");
}

#[tokio::test]
async fn an_edited_question_begins_a_branch() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let first = lin.ask(&thread, "one").await;
    lin.finished(&first).await;
    let parent = first["reply_id"].as_str();
    let second = lin.ask_below(&thread, parent, "two").await;
    lin.finished(&second).await;
    let edited = lin.ask_below(&thread, parent, "two, edited").await;
    lin.finished(&edited).await;

    let asked: Vec<_> =
        app.model.last_request().messages.into_iter().map(|line| line.content().to_owned()).collect();
    assert_eq!(asked, ["You are ask.", "one", "Hello there.", "two, edited"]);
    let page = lin.messages(&thread).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 6);
    let shown = lin.get(&format!("/api/v1/threads/{thread}")).await.json();
    assert_eq!((&shown["leaf_id"], &shown["title"]), (&edited["reply_id"], &json!("one")));
}

#[tokio::test]
async fn reasoning_is_told_apart_from_the_answer() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().reasoning("hm").reasoning(", so").text("Yes.").done());
    let run = lin.ask(&thread, "is it?").await;
    let names: Vec<_> = lin.events(&run).await.rest().await.into_iter().map(|e| e.name.unwrap()).collect();
    assert_eq!(
        names,
        ["started", "reasoning_delta", "reasoning_delta", "reasoning_done", "text_delta", "finished"]
    );
    let page = lin.messages(&thread).await;
    assert_eq!(
        page["items"][1]["parts"],
        json!([{"type": "reasoning", "text": "hm, so", "millis": 0}, {"type": "text", "text": "Yes."}])
    );
    let next = lin.ask_below(&thread, run["reply_id"].as_str(), "sure?").await;
    lin.finished(&next).await;
    assert_eq!(app.model.last_request().messages[2].content(), "Yes.");
}

#[tokio::test]
async fn a_stopped_answer_keeps_its_text() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().text("Once upon").hangs());
    let run = lin.ask(&thread, "a story").await;
    let mut reader = lin.events(&run).await;
    reader.take(2).await;
    let shown = lin.get(&format!("/api/v1/threads/{thread}")).await.json();
    assert_eq!(shown["active_run_id"], run["id"]);

    let cancel = format!("/api/v1/runs/{}/cancel", run["id"].as_str().unwrap());
    assert_eq!(lin.post(&cancel, json!({})).await.expect(202).json()["id"], run["id"]);
    app.model.aborted(1).await;
    let last = reader.rest().await.pop().unwrap();
    assert_json_snapshot!(last.data, @r#"
    {
      "cost": {
        "currency": "CNY",
        "is_estimated": false,
        "is_unpriced": false,
        "micros": 0,
        "paid_by": "allowance"
      },
      "error": null,
      "finish_reason": "cancelled",
      "state": "cancelled",
      "timings": {
        "decode_ms": 0,
        "first_token_ms": 0
      },
      "type": "finished",
      "usage": {
        "cached_tokens": 3,
        "input_tokens": 7,
        "output_tokens": 1,
        "reasoning_tokens": 0
      }
    }
    "#);
    let page = lin.messages(&thread).await;
    assert_eq!(page["items"][1]["parts"], json!([{"type": "text", "text": "Once upon"}]));
    assert_eq!(page["runs"][0]["state"], "cancelled");
}

#[tokio::test]
async fn a_run_ends_once() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let run = lin.ask(&thread, "hello").await;
    let ended = lin.finished(&run).await;

    let cancel = format!("/api/v1/runs/{}/cancel", run["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(lin.post(&cancel, json!({})).await.expect(202).json(), ended);
    }
    let events = lin.events(&run).await.rest().await;
    let ends = events.iter().filter(|event| event.name.as_deref() == Some("finished")).count();
    assert_eq!((ends, events.len()), (1, 4));
    assert_eq!(app.app.recover_runs().await.unwrap(), 0);
    assert_eq!(lin.events(&run).await.rest().await, events);
}

#[tokio::test]
async fn nobody_asks_below_an_answer_that_is_being_written() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().text("Wait").hangs());
    let run = lin.ask(&thread, "hello").await;
    lin.events(&run).await.take(2).await;

    let wish = lin.question(run["reply_id"].as_str(), "and?");
    assert_eq!(lin.post(&runs_of(&thread), wish.clone()).await.problem(409), "conflict");
    assert_eq!(lin.messages(&thread).await["items"].as_array().unwrap().len(), 2);

    lin.post(&format!("/api/v1/runs/{}/cancel", run["id"].as_str().unwrap()), json!({})).await.expect(202);
    lin.finished(&run).await;
    let run = lin.post(&runs_of(&thread), wish).await.expect(202).json();
    assert_eq!(texts(&lin.events(&run).await.rest().await), ["Hello", " there."]);
}

#[tokio::test]
async fn a_model_that_is_not_here_answers_nobody() {
    let app = TestApp::build().without_model().start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let wish = lin.question(None, "hello");
    assert_eq!(lin.post(&runs_of(&thread), wish.clone()).await.problem(409), "model_not_installed");
    assert_eq!(lin.messages(&thread).await, json!({"items": [], "runs": [], "next": null}));
    assert_eq!(lin.get(&format!("/api/v1/threads/{thread}")).await.json()["title"], Value::Null);
    assert!(app.model.requests().is_empty());

    for (model, code, status) in [(OTHER_MODEL, "model_not_installed", 409), ("no-such", "not_found", 404)] {
        let mut wish = wish.clone();
        wish["model"] = json!(model);
        assert_eq!(lin.post(&runs_of(&thread), wish).await.problem(status), code);
    }
}

#[tokio::test]
async fn a_question_needs_words_and_an_end() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let empty = lin.question(None, " \n ");
    assert_eq!(lin.post(&runs_of(&thread), empty).await.problem(400), "invalid_request");
    let endless = lin.question(None, &"x".repeat(256 * 1024 + 1));
    assert_eq!(lin.post(&runs_of(&thread), endless).await.problem(413), "too_large");
    let orphan = lin.question(Some(&lin.id()), "hello");
    assert_eq!(lin.post(&runs_of(&thread), orphan).await.problem(404), "not_found");
    assert_eq!(lin.messages(&thread).await["items"], json!([]));
    let most = lin.question(None, &"胡".repeat(256 * 1024 / 3));
    lin.post(&runs_of(&thread), most).await.expect(202);
}
