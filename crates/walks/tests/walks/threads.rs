//! Conversations.

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{Client, Gate, Script, TestApp, redact};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// Threads of both agents by turns, a second between them; the oldest first.
async fn open_many(app: &TestApp, lin: &Client, count: usize) -> Vec<String> {
    let mut opened = Vec::new();
    for agent in ["ask", "tutor"].iter().cycle().take(count) {
        app.clock.advance(Duration::from_secs(1));
        opened.push(lin.open_thread(agent).await);
    }
    opened
}

#[tokio::test]
async fn a_thread_is_opened_once() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let wish = json!({"id": lin.id(), "agent_id": "tutor", "title": "Past tense"});
    let thread = lin.post("/api/v1/threads", wish.clone()).await.expect(201).json();
    assert_json_snapshot!(redact(thread.clone()), @r#"
    {
      "active_run_id": null,
      "agent_id": "tutor",
      "created_at": "[time]",
      "id": "[id 1]",
      "leaf_id": null,
      "title": "Past tense",
      "updated_at": "[time]"
    }
    "#);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(lin.post("/api/v1/threads", wish.clone()).await.expect(200).json(), thread);
    assert_eq!(lin.get(&format!("/api/v1/threads/{}", ids_of(&wish))).await.expect(200).json(), thread);

    let other = json!({"id": wish["id"], "agent_id": "ask"});
    assert_eq!(lin.post("/api/v1/threads", other).await.problem(409), "conflict");
    assert_eq!(ids(&lin.get("/api/v1/threads").await.json()).len(), 1);
}

fn ids_of(document: &Value) -> &str {
    document["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_thread_needs_an_agent_and_a_title_that_can_be() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let nobody = json!({"id": lin.id(), "agent_id": "nobody"});
    assert_eq!(lin.post("/api/v1/threads", nobody).await.problem(404), "not_found");
    for title in ["", "  ", "two\nlines", &"x".repeat(201)] {
        let wish = json!({"id": lin.id(), "agent_id": "ask", "title": title});
        assert_eq!(lin.post("/api/v1/threads", wish).await.problem(400), "invalid_request", "{title:?}");
    }
    assert!(ids(&lin.get("/api/v1/threads").await.json()).is_empty());
}

#[tokio::test]
async fn pages_of_threads_meet_without_gap_or_overlap() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mut opened = open_many(&app, &lin, 7).await;
    opened.reverse();

    let mut seen = Vec::new();
    let mut path = "/api/v1/threads?limit=3".to_owned();
    for expected in [3, 3, 1] {
        let page = lin.get(&path).await.expect(200).json();
        assert_eq!(ids(&page).len(), expected);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        path = format!("/api/v1/threads?limit=3&before={}", page["next"].as_str().unwrap_or("none"));
    }
    assert!(path.ends_with("none"));
    assert_eq!(seen, opened);
}

#[tokio::test]
async fn threads_of_one_agent_have_pages_of_their_own() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let opened = open_many(&app, &lin, 5).await;
    let first = lin.get("/api/v1/threads?agent_id=ask&limit=2").await.expect(200).json();
    assert_eq!(ids(&first), [opened[4].as_str(), opened[2].as_str()]);
    let next = first["next"].as_str().unwrap();
    let second = lin.get(&format!("/api/v1/threads?agent_id=ask&limit=2&before={next}")).await.expect(200);
    assert_eq!(ids(&second.json()), [opened[0].as_str()]);
    assert_eq!(second.json()["next"], Value::Null);
    assert!(ids(&lin.get("/api/v1/threads?agent_id=nobody").await.expect(200).json()).is_empty());
}

#[tokio::test]
async fn the_thread_where_something_happened_last_comes_first() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let opened = open_many(&app, &lin, 2).await;
    app.clock.advance(Duration::from_secs(1));
    let run = lin.ask(&opened[0], "again").await;
    lin.finished(&run).await;
    assert_eq!(ids(&lin.get("/api/v1/threads").await.json()), [opened[0].as_str(), opened[1].as_str()]);

    let path = format!("/api/v1/threads/{}", opened[1]);
    app.clock.advance(Duration::from_secs(1));
    lin.patch(&path, json!({"title": "A new name"})).await.expect(200);
    assert_eq!(ids(&lin.get("/api/v1/threads").await.json()), [opened[0].as_str(), opened[1].as_str()]);
}

#[tokio::test]
async fn a_thread_is_renamed_and_shows_another_branch() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let path = format!("/api/v1/threads/{thread}");
    let first = lin.ask(&thread, "one").await;
    lin.finished(&first).await;
    let second = lin.ask(&thread, "one, edited").await;
    lin.finished(&second).await;

    let before = lin.get(&path).await.json();
    assert_eq!(before["leaf_id"], second["reply_id"]);
    let change = json!({"title": " Named ", "leaf_id": first["reply_id"]});
    let after = lin.patch(&path, change).await.expect(200).json();
    let mut expected = before;
    expected["title"] = json!("Named");
    expected["leaf_id"] = first["reply_id"].clone();
    assert_eq!(after, expected);

    let elsewhere = lin.open_thread("ask").await;
    let run = lin.ask(&elsewhere, "two").await;
    lin.finished(&run).await;
    for foreign in [json!({"leaf_id": run["reply_id"]}), json!({"leaf_id": lin.id(), "title": "lost"})] {
        assert_eq!(lin.patch(&path, foreign).await.problem(404), "not_found");
    }
    assert_eq!(lin.patch(&path, json!({"title": ""})).await.problem(400), "invalid_request");
    assert_eq!(lin.get(&path).await.json(), expected);
}

#[tokio::test]
async fn a_deleted_thread_is_gone_with_everything_in_it() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let kept = lin.open_thread("ask").await;
    let run = lin.ask(&thread, "hello").await;
    lin.finished(&run).await;

    lin.delete(&format!("/api/v1/threads/{thread}")).await.expect(204);
    for path in [
        format!("/api/v1/threads/{thread}"),
        format!("/api/v1/threads/{thread}/messages"),
        format!("/api/v1/runs/{}", ids_of(&run)),
        format!("/api/v1/runs/{}/events", ids_of(&run)),
    ] {
        assert_eq!(lin.get(&path).await.problem(404), "not_found", "{path}");
    }
    assert_eq!(lin.delete(&format!("/api/v1/threads/{thread}")).await.problem(404), "not_found");
    // What models have computed of it goes too.
    assert_eq!(app.model.forgotten().len(), 1);
    assert_eq!(ids(&lin.get("/api/v1/threads").await.json()), [kept.as_str()]);
}

#[tokio::test]
async fn deleting_a_thread_stops_the_answer_in_it() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    app.model.next(Script::new().started().text("half an").hangs());
    let run = lin.ask(&thread, "hello").await;
    let mut reader = lin.events(&run).await;
    reader.take(2).await;

    lin.delete(&format!("/api/v1/threads/{thread}")).await.expect(204);
    app.model.aborted(1).await;
    let last = reader.rest().await.pop().unwrap();
    assert_eq!((last.name.as_deref(), &last.data["state"]), (Some("finished"), &json!("cancelled")));
    assert_eq!(app.app.live_run_count(), 0);
}

#[tokio::test]
async fn deleting_twice_at_once_is_no_mistake_of_ours() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    for _ in 0..10 {
        let thread = lin.open_thread("ask").await;
        let gate = Gate::new();
        app.model.always(Script::says_behind(&gate, ["a", "b"]));
        lin.ask(&thread, "hello").await;
        let path = format!("/api/v1/threads/{thread}");
        let tries = (0..6).map(|i| {
            let (mut lin, path) = (lin.clone(), path.clone());
            async move {
                match i % 3 {
                    0 => lin.patch(&path, json!({"title": "late"})).await,
                    1 => lin.post(&format!("{path}/runs"), lin.question(None, "late")).await,
                    _ => lin.delete(&path).await,
                }
            }
        });
        for answer in futures_util::future::join_all(tries).await {
            assert!(matches!(answer.status, 200 | 202 | 204 | 404), "{}: {}", answer.status, answer.text());
        }
        gate.open();
        assert_eq!(lin.get(&path).await.problem(404), "not_found");
    }
}

#[tokio::test]
async fn messages_come_in_pages_of_fifty_with_their_runs() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let mut parent = None;
    let mut asked = Vec::new();
    for i in 0..28 {
        app.clock.advance(Duration::from_secs(1));
        let run = lin.ask_below(&thread, parent.as_deref(), &format!("question {i}")).await;
        lin.finished(&run).await;
        parent = Some(run["reply_id"].as_str().unwrap().to_owned());
        asked.extend([run["message_id"].clone(), run["reply_id"].clone()]);
    }
    let newest = lin.messages(&thread).await;
    assert_eq!(newest["items"].as_array().unwrap().len(), 50);
    assert_eq!(newest["runs"].as_array().unwrap().len(), 25);
    assert_eq!(ids(&newest), asked[6..]);

    let next = newest["next"].as_str().unwrap();
    let oldest =
        lin.get(&format!("/api/v1/threads/{thread}/messages?before={next}")).await.expect(200).json();
    assert_eq!(ids(&oldest), asked[..6]);
    assert_eq!((oldest["runs"].as_array().unwrap().len(), &oldest["next"]), (3, &Value::Null));
}
