//! The agents of the lane.

use insta::assert_json_snapshot;
use testkit::TestApp;

#[tokio::test]
async fn the_lane_has_its_agents_in_order() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let list = lin.get("/api/v1/agents").await.expect(200).json();
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|agent| &agent["id"]).collect();
    assert_eq!(ids, ["ask", "tutor"]);
    assert_json_snapshot!(list["items"][1], @r##"
    {
      "category": "learning",
      "color": "#3b7a57",
      "default": false,
      "description": {
        "en": "What it is for",
        "zh": "说明"
      },
      "glyph": "英",
      "greeting": {
        "en": "Hello",
        "zh": "你好"
      },
      "id": "tutor",
      "name": {
        "en": "English name",
        "zh": "中文名"
      },
      "not_yet": null,
      "openings": {
        "en": [
          "Fix this"
        ],
        "zh": [
          "改这句"
        ]
      },
      "version": 1
    }
    "##);
}

#[tokio::test]
async fn one_agent_comes_with_its_instructions() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let list = lin.get("/api/v1/agents").await.json();
    let mut tutor = lin.get("/api/v1/agents/tutor").await.expect(200).json();
    let fields = tutor.as_object_mut().unwrap();
    let (prompt, model) = (fields.remove("prompt").unwrap(), fields.remove("model").unwrap());
    assert_eq!(tutor, list["items"][1]);
    assert_eq!(prompt, serde_json::json!({"zh": "你是 tutor。", "en": "You are tutor."}));
    assert_eq!(model, serde_json::json!({"id": null, "temperature": 0.5, "top_p": 0.75, "max_tokens": 512}));
    assert_eq!(lin.get("/api/v1/agents/nobody").await.problem(404), "not_found");
}
