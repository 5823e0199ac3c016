//! Adapters on top of models.

use ports::AdapterUse;
use serde_json::json;
use testkit::{DEFAULT_MODEL, Script, TestApp};

#[tokio::test]
async fn registered_adapters_are_listed_and_removed() {
    let app = TestApp::start().await;
    app.home.register_adapter("poet", DEFAULT_MODEL);
    let mut owner = app.owner().await;
    let list = owner.get("/api/v1/adapters").await.expect(200).json();
    let poet = &list["items"][0];
    assert_eq!(
        (&poet["id"], &poet["model"], &poet["scale"]),
        (&json!("poet"), &json!(DEFAULT_MODEL), &json!(0.5))
    );
    let path = "/api/v1/adapters/poet";
    owner.call("DELETE", path).send().await.expect(204);
    assert_eq!(owner.call("DELETE", path).send().await.problem(404), "not_found");
    assert_eq!(owner.get("/api/v1/adapters").await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_not_there() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for id in ["..%2Fmodels", "%2E%2E", ".new-x", "POET"] {
        let answer = owner.clone().call("DELETE", &format!("/api/v1/adapters/{id}")).send().await;
        assert_eq!(answer.problem(404), "not_found", "{id}");
    }
}

#[tokio::test]
async fn a_program_names_the_adapters_of_its_request() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mut key = app.key_of(&lin).await;
    app.model.next(Script::new().started().text("Hello").done());
    let body = json!({
        "model": DEFAULT_MODEL,
        "messages": [{"role": "user", "content": "hi"}],
        "adapters": [{"id": "poet", "scale": 0.25}],
    });
    key.post("/v1/chat/completions", body).await.expect(200);
    let asked = app.model.requests().pop().unwrap();
    assert_eq!(asked.adapters, [AdapterUse { id: "poet".to_owned(), scale: Some(0.25) }]);
}
