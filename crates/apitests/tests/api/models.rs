//! Local models: what is known, what is here, and bringing more.

use app::Role;
use insta::assert_json_snapshot;
use ports::ModelHost;
use serde_json::{Value, json};
use testkit::{ABSENT_MODEL, Client, DEFAULT_MODEL, OTHER_MODEL, TestApp};

async fn model(client: &Client, id: &str) -> Value {
    let list = client.get("/api/v1/models").await.expect(200).json();
    list["items"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap().clone()
}

/// Asks again, as the UI does, until the model has left `pulling`.
async fn pulled(client: &Client, id: &str) -> Value {
    loop {
        let model = model(client, id).await;
        if model["state"]["type"] != "pulling" {
            return model;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_catalogue_says_what_is_here() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    app.host.load(DEFAULT_MODEL);
    assert_json_snapshot!(model(&lin, DEFAULT_MODEL).await, @r#"
    {
      "bytes": 24,
      "context_tokens": 2048,
      "default": true,
      "family": "tiny",
      "id": "tiny-chat",
      "kind": "chat",
      "licence": "Apache-2.0",
      "name": "tiny-chat",
      "needs_bytes": 1000,
      "parameters": "1K",
      "pinned": false,
      "quant": "Q4_0",
      "residency": {
        "cache": {
          "cached_tokens": 750,
          "disk": {
            "bytes": 4800,
            "tokens": 400
          },
          "memory": {
            "bytes": 3600,
            "tokens": 300
          },
          "prompt_tokens": 1000
        },
        "context_tokens": 2048,
        "idle_seconds_left": 1800,
        "isolation": {
          "landlock": 7,
          "seccomp": true
        },
        "memory_bytes": 1000,
        "requests": 0,
        "threads": 2,
        "type": "ready"
      },
      "state": {
        "type": "installed"
      }
    }
    "#);
    let other = model(&lin, OTHER_MODEL).await;
    assert_eq!(other["state"], json!({"type": "absent"}));
    assert_eq!((&other["residency"], &other["needs_bytes"]), (&json!({"type": "absent"}), &Value::Null));
}

#[tokio::test]
async fn an_owner_brings_a_model() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let begun = lin.post(&format!("/api/v1/models/{OTHER_MODEL}/pull"), json!({})).await.expect(202).json();
    assert_eq!(begun["id"], OTHER_MODEL);
    assert_eq!(pulled(&lin, OTHER_MODEL).await["state"], json!({"type": "installed"}));
    let again = lin.post(&format!("/api/v1/models/{OTHER_MODEL}/pull"), json!({})).await.expect(202);
    assert_eq!(again.json()["id"], OTHER_MODEL);
}

#[tokio::test]
async fn a_model_that_cannot_be_had_says_why() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    lin.post(&format!("/api/v1/models/{ABSENT_MODEL}/pull"), json!({})).await.expect(202);
    let state = pulled(&lin, ABSENT_MODEL).await["state"].clone();
    assert_eq!((&state["type"], &state["code"]), (&json!("failed"), &json!("download_failed")), "{state}");
    assert_ne!(state["detail"], "");
    let cancelled = lin.post(&format!("/api/v1/models/{ABSENT_MODEL}/pull/cancel"), json!({})).await;
    assert_eq!(cancelled.expect(202).json()["state"]["type"], "failed");
}

#[tokio::test]
async fn members_and_guests_bring_no_models() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for role in [Role::Member, Role::Guest] {
        let mut mei = app.member(&format!("{role:?}"), role).await;
        for path in ["pull", "pull/cancel"] {
            let answer = mei.post(&format!("/api/v1/models/{OTHER_MODEL}/{path}"), json!({})).await;
            assert_eq!(answer.problem(403), "forbidden");
        }
        assert_eq!(model(&mei, OTHER_MODEL).await["state"]["type"], "absent");
    }
    let mut admin = app.member("admin", Role::Admin).await;
    admin.post(&format!("/api/v1/models/{OTHER_MODEL}/pull/cancel"), json!({})).await.expect(202);
    assert_eq!(lin.post("/api/v1/models/unknown/pull", json!({})).await.problem(404), "not_found");
}
