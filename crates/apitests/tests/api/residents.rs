//! Models in memory: ahead of use, kept there, given back.

use app::Role;
use ports::{ModelHost, PortError, PortErrorKind, Residency};
use serde_json::{Value, json};
use testkit::{Client, DEFAULT_MODEL, Home, MEMORY_BYTES, MODEL_BYTES, OTHER_MODEL, ScriptedHost, TestApp};
use wire::ErrorCode;

/// What the list says of a model.
async fn model(client: &Client, id: &str) -> Value {
    let list = client.get("/api/v1/models").await.expect(200).json();
    list["items"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap().clone()
}

async fn act(client: &mut Client, id: &str, action: &str) -> Value {
    client.post(&format!("/api/v1/models/{id}/{action}"), json!({})).await.expect(202).json()
}

#[tokio::test]
async fn a_model_is_loaded_ahead_of_its_first_question_and_given_back() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    assert_eq!(model(&lin, DEFAULT_MODEL).await["residency"], json!({"type": "absent"}));
    let free = async |lin: &Client| lin.get("/api/v1/models").await.json()["free_bytes"].clone();
    assert_eq!(free(&lin).await, MEMORY_BYTES);

    let loaded = act(&mut lin, DEFAULT_MODEL, "load").await;
    assert_eq!((&loaded["residency"]["type"], &loaded["pinned"]), (&json!("ready"), &json!(false)));
    assert_eq!(free(&lin).await, MEMORY_BYTES - MODEL_BYTES);
    assert_eq!(act(&mut lin, DEFAULT_MODEL, "load").await, loaded, "once more changes nothing");

    let unloaded = act(&mut lin, DEFAULT_MODEL, "unload").await;
    assert_eq!(unloaded["residency"], json!({"type": "absent"}));
    assert_eq!(act(&mut lin, DEFAULT_MODEL, "unload").await, unloaded);
}

#[tokio::test]
async fn a_model_on_its_way_and_one_that_cannot_be_loaded_say_so() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    app.host.next_load(Residency::Loading);
    assert_eq!(act(&mut lin, DEFAULT_MODEL, "load").await["residency"], json!({"type": "loading"}));
    let full =
        PortError::new(PortErrorKind::Down, ErrorCode::OutOfMemory, "It needs 9 GB and 2 GB are free.");
    app.host.set(DEFAULT_MODEL, Residency::Failed(full));
    assert_eq!(
        model(&lin, DEFAULT_MODEL).await["residency"],
        json!({"type": "failed", "code": "out_of_memory", "detail": "It needs 9 GB and 2 GB are free."})
    );
    assert_eq!(
        act(&mut lin, DEFAULT_MODEL, "load").await["residency"]["type"],
        "ready",
        "it may be tried again"
    );
}

#[tokio::test]
async fn a_pin_outlives_the_server_and_the_next_one_loads_the_model() {
    let home = Home::new();
    let app = TestApp::build().home(&home).start().await;
    let mut lin = app.owner().await;
    let pinned = act(&mut lin, DEFAULT_MODEL, "pin").await;
    assert_eq!(pinned["pinned"], true);
    assert_eq!(pinned["residency"]["type"], "ready", "a pinned model is brought into memory");
    assert_eq!(pinned["residency"]["idle_seconds_left"], Value::Null, "and stays there");

    let next = TestApp::build().home(&home).start().await;
    assert!(next.host.is_pinned(DEFAULT_MODEL));
    assert!(matches!(next.host.residency(DEFAULT_MODEL), Residency::Ready(_)));

    let unpinned = act(&mut lin, DEFAULT_MODEL, "unpin").await;
    assert_eq!((&unpinned["pinned"], &unpinned["residency"]["type"]), (&json!(false), &json!("ready")));
    let last = TestApp::build().home(&home).start().await;
    assert_eq!(last.host.residency(DEFAULT_MODEL), Residency::Absent);
}

#[tokio::test]
async fn a_model_that_is_unloaded_by_hand_is_not_pinned_any_more() {
    let home = Home::new();
    let app = TestApp::build().home(&home).start().await;
    let mut lin = app.owner().await;
    act(&mut lin, DEFAULT_MODEL, "pin").await;
    let unloaded = act(&mut lin, DEFAULT_MODEL, "unload").await;
    assert_eq!((&unloaded["pinned"], &unloaded["residency"]["type"]), (&json!(false), &json!("absent")));
    let next = TestApp::build().home(&home).start().await;
    assert_eq!(next.host.residency(DEFAULT_MODEL), Residency::Absent);
}

#[tokio::test]
async fn a_pin_of_a_model_that_was_removed_waits_for_it() {
    let home = Home::new();
    let app = TestApp::build().home(&home).start().await;
    let mut lin = app.owner().await;
    act(&mut lin, DEFAULT_MODEL, "pin").await;
    std::fs::remove_dir_all(home.path().join("models").join(DEFAULT_MODEL)).unwrap();
    let next = TestApp::build().home(&home).without_model().start().await;
    assert_eq!(next.host.residency(DEFAULT_MODEL), Residency::Absent);
    assert!(next.host.is_pinned(DEFAULT_MODEL));
}

#[tokio::test]
async fn only_models_that_are_here_are_loaded_and_pinned() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    for action in ["load", "pin"] {
        let answer = lin.post(&format!("/api/v1/models/{OTHER_MODEL}/{action}"), json!({})).await;
        assert_eq!(answer.problem(409), "model_not_installed");
    }
    for action in ["load", "unload", "pin", "unpin"] {
        let answer = lin.post(&format!("/api/v1/models/unknown/{action}"), json!({})).await;
        assert_eq!(answer.problem(404), "not_found");
    }
}

#[tokio::test]
async fn members_and_guests_see_the_memory_and_leave_it_alone() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    act(&mut lin, DEFAULT_MODEL, "load").await;
    for role in [Role::Member, Role::Guest] {
        let mut mei = app.member(&format!("{role:?}"), role).await;
        for action in ["load", "unload", "pin", "unpin"] {
            let answer = mei.post(&format!("/api/v1/models/{DEFAULT_MODEL}/{action}"), json!({})).await;
            assert_eq!(answer.problem(403), "forbidden");
        }
        assert_eq!(model(&mei, DEFAULT_MODEL).await["residency"]["type"], "ready");
    }
    let mut admin = app.member("admin", Role::Admin).await;
    assert_eq!(act(&mut admin, DEFAULT_MODEL, "unload").await["residency"]["type"], "absent");
}

#[tokio::test]
async fn a_system_without_walls_is_told() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let bare =
        ports::ReadyModel { isolation: ports::Isolation::default(), requests: 2, ..ScriptedHost::ready() };
    app.host.set(DEFAULT_MODEL, Residency::Ready(bare));
    let residency = model(&lin, DEFAULT_MODEL).await["residency"].clone();
    assert_eq!(residency["isolation"], json!({"landlock": null, "seccomp": false}));
    assert_eq!(residency["requests"], 2);
}
