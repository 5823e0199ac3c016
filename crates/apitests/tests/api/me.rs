//! The signed-in member.

use app::Role;
use serde_json::json;
use testkit::TestApp;

#[tokio::test]
async fn a_member_changes_name_and_language() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mut expected = lin.get("/api/v1/me").await.expect(200).json();

    expected["member"]["name"] = json!("林");
    assert_eq!(lin.patch("/api/v1/me", json!({"name": " 林 "})).await.expect(200).json(), expected);
    expected["member"]["locale"] = json!("zh-CN");
    assert_eq!(lin.patch("/api/v1/me", json!({"locale": "zh-CN"})).await.expect(200).json(), expected);
    assert_eq!(lin.patch("/api/v1/me", json!({})).await.expect(200).json(), expected);
    assert_eq!(lin.get("/api/v1/me").await.expect(200).json(), expected);
}

#[tokio::test]
async fn a_name_or_language_that_cannot_be_changes_nothing() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let before = lin.get("/api/v1/me").await.json();
    for bad in [
        json!({"name": ""}),
        json!({"name": "x".repeat(101)}),
        json!({"name": "Mei", "locale": "fr"}),
        json!({"name": "Mei", "role": "owner"}),
        json!({"name": 5}),
    ] {
        assert_eq!(lin.patch("/api/v1/me", bad.clone()).await.problem(400), "invalid_request", "{bad}");
    }
    assert_eq!(lin.get("/api/v1/me").await.json(), before);
}

#[tokio::test]
async fn windows_stand_as_they_were_left() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mut mei = app.member("mei", Role::Member).await;
    assert_eq!(lin.get("/api/v1/me/layout").await.expect(200).json(), json!({"layout": null}));

    let mine = json!({"layout": {"windows": [{"agent": "tutor", "x": 0.25, "title": "胡同"}], "v": 1}});
    let hers = json!({"layout": [1, "two", null, true]});
    assert_eq!(lin.put("/api/v1/me/layout", mine.clone()).await.expect(200).json(), mine);
    mei.put("/api/v1/me/layout", hers.clone()).await.expect(200);
    assert_eq!(lin.get("/api/v1/me/layout").await.json(), mine);
    assert_eq!(mei.get("/api/v1/me/layout").await.json(), hers);

    lin.put("/api/v1/me/layout", json!({"layout": null})).await.expect(200);
    assert_eq!(lin.get("/api/v1/me/layout").await.json(), json!({"layout": null}));
}

#[tokio::test]
async fn a_layout_of_64_kb_is_kept_and_a_larger_one_is_not() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let most = json!({"layout": "x".repeat(64 * 1024 - 2)});
    lin.put("/api/v1/me/layout", most.clone()).await.expect(200);
    let larger = json!({"layout": "x".repeat(64 * 1024 - 1)});
    assert_eq!(lin.put("/api/v1/me/layout", larger).await.problem(413), "too_large");
    assert_eq!(lin.get("/api/v1/me/layout").await.json(), most);
}
