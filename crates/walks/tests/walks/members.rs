//! Members: who changes whom, and what becomes of those who are shut out.

use app::Role;
use serde_json::{Value, json};
use testkit::{Client, TestApp, redact};

async fn id_of(client: &Client) -> String {
    client.get("/api/v1/me").await.expect(200).json()["member"]["id"].as_str().unwrap().to_owned()
}

async fn path_of(client: &Client) -> String {
    format!("/api/v1/members/{}", id_of(client).await)
}

#[tokio::test]
async fn those_who_run_the_workspace_see_who_is_there() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    app.guest("sun", &["tutor"]).await;
    app.stranger().await;
    let list = lin.get("/api/v1/members").await.expect(200).json();
    assert_eq!(
        redact(list["items"].clone()),
        json!([
            {"id": "[id 1]", "kind": "person", "login": "lin", "name": "Lin", "role": "owner", "locale": "en",
             "agents": null, "group_ids": [], "second_factor": false, "suspended_at": null, "created_at": "[time]"},
            {"id": "[id 2]", "kind": "person", "login": "sun", "name": "sun", "role": "guest", "locale": "zh-CN",
             "agents": ["tutor"], "group_ids": [], "second_factor": false, "suspended_at": null,
             "created_at": "[time]"},
        ])
    );
    let one = lin.get(&path_of(&lin).await).await.expect(200).json();
    assert_eq!(one, list["items"][0]);
}

#[tokio::test]
async fn whoever_is_suspended_is_out_at_the_next_request_and_comes_back() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let key = app.key_of(&mei).await;
    let by_header = app.anonymous().with_api_key(&key.bearer());
    let path = path_of(&mei).await;
    let open = async || {
        [mei.get("/api/v1/me").await, key.get("/v1/models").await, by_header.get("/v1/models").await]
            .map(|answer| answer.status)
    };
    assert_eq!(open().await, [200; 3]);
    let suspended = lin.patch(&path, json!({"suspended": true})).await.expect(200).json();
    assert_ne!(suspended["suspended_at"], Value::Null);
    assert_eq!(open().await, [401; 3]);
    let again = lin.patch(&path, json!({"suspended": true})).await.expect(200).json();
    assert_eq!(again, suspended, "since when, stays");
    lin.patch(&path, json!({"suspended": false})).await.expect(200);
    assert_eq!(open().await, [401, 200, 200], "keys come back, sessions have ended");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mut mei = app.member("mei", Role::Member).await;
    let (of_lin, of_mei) = (path_of(&lin).await, path_of(&mei).await);
    let alone =
        [json!({"role": "admin"}), json!({"suspended": true}), json!({"role": "guest", "agents": []})];
    for change in &alone {
        assert_eq!(lin.patch(&of_lin, change.clone()).await.problem(409), "last_owner", "{change}");
    }
    assert_eq!(lin.delete(&of_lin).await.problem(409), "last_owner");

    lin.patch(&of_mei, json!({"role": "owner"})).await.expect(200);
    lin.patch(&of_mei, json!({"suspended": true})).await.expect(200);
    assert_eq!(
        lin.patch(&of_lin, alone[0].clone()).await.problem(409),
        "last_owner",
        "one who is out is none"
    );
    lin.patch(&of_mei, json!({"suspended": false})).await.expect(200);
    mei = app
        .session_of(store::Scope { member_id: id_of_path(&of_mei), workspace_id: app.home_id().await })
        .await;
    lin.patch(&of_lin, alone[0].clone()).await.expect(200);
    assert_eq!(mei.delete(&of_mei).await.problem(409), "last_owner");
    mei.delete(&of_lin).await.expect(204);
    lin.get("/api/v1/me").await.expect(401);
}

fn id_of_path(path: &str) -> stdx::MemberId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn of_two_owners_who_take_each_other_away_one_stays() {
    for _ in 0..8 {
        let app = TestApp::start().await;
        let lin = app.owner().await;
        let mei = app.member("mei", Role::Owner).await;
        let (of_lin, of_mei) = (path_of(&lin).await, path_of(&mei).await);
        let (mut one, mut other) = (lin.clone(), mei.clone());
        let demote = json!({"role": "member"});
        let (first, second) = tokio::join!(one.patch(&of_mei, demote.clone()), other.patch(&of_lin, demote));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 403 | 409]), "{statuses:?}");
        let owners = app.accounts.owner().await;
        assert!(owners.is_ok());
    }
}

#[tokio::test]
async fn admins_neither_make_nor_change_owners() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let mut zhao = app.member("zhao", Role::Admin).await;
    let mei = app.member("mei", Role::Member).await;
    let (of_lin, of_mei, of_zhao) = (path_of(&lin).await, path_of(&mei).await, path_of(&zhao).await);
    for (path, change) in [
        (&of_lin, json!({"name": "x"})),
        (&of_lin, json!({"role": "member"})),
        (&of_mei, json!({"role": "owner"})),
        (&of_zhao, json!({"role": "owner"})),
    ] {
        assert_eq!(zhao.patch(path, change.clone()).await.problem(403), "forbidden", "{path} {change}");
    }
    zhao.patch(&of_mei, json!({"role": "admin", "name": "梅"})).await.expect(200);
    let mei = mei.get("/api/v1/me").await.expect(200).json();
    assert_eq!((&mei["member"]["role"], &mei["member"]["name"]), (&json!("admin"), &json!("梅")));
}

#[tokio::test]
async fn a_role_holds_from_the_next_request() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let zhao = app.member("zhao", Role::Admin).await;
    zhao.get("/api/v1/members").await.expect(200);
    lin.patch(&path_of(&zhao).await, json!({"role": "member"})).await.expect(200);
    assert_eq!(zhao.get("/api/v1/members").await.problem(403), "forbidden");
}

#[tokio::test]
async fn a_guest_uses_what_they_were_invited_to_and_nothing_else() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mut sun = app.guest("sun", &["tutor"]).await;
    let agents = async |client: &Client| {
        let list = client.get("/api/v1/agents").await.expect(200).json();
        list["items"].as_array().unwrap().iter().map(|agent| agent["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(agents(&sun).await, [json!("tutor")]);
    let thread = sun.open_thread("tutor").await;
    let run = sun.ask(&thread, "hello").await;
    sun.finished(&run).await;
    let ask = json!({"id": sun.id(), "agent_id": "ask"});
    assert_eq!(sun.post("/api/v1/threads", ask).await.problem(404), "not_found");
    let mut wish = sun.question(None, "with a model of my own");
    wish["model"] = json!("tiny-chat");
    let path = format!("/api/v1/threads/{thread}/runs");
    assert_eq!(sun.post(&path, wish).await.problem(404), "not_found");

    lin.patch(&path_of(&sun).await, json!({"agents": ["ask"]})).await.expect(200);
    assert_eq!(agents(&sun).await, [json!("ask")]);
    let wish = sun.question(None, "once more");
    assert_eq!(sun.post(&path, wish).await.problem(404), "not_found", "also where they were before");
    sun.messages(&thread).await;
    for wrong in [json!({"agents": ["nobody"]}), json!({"role": "member", "agents": ["ask"]})] {
        assert_eq!(
            lin.patch(&path_of(&sun).await, wrong.clone()).await.problem(400),
            "invalid_request",
            "{wrong}"
        );
    }
    lin.patch(&path_of(&sun).await, json!({"role": "member"})).await.expect(200);
    assert_eq!(agents(&sun).await.len(), 2);
    let back = lin.patch(&path_of(&sun).await, json!({"role": "guest"})).await.expect(200).json();
    assert_eq!(back["agents"], json!([]), "what they were invited to once is over");
}

#[tokio::test]
async fn whoever_is_removed_takes_their_things_along() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let key = app.key_of(&mei).await;
    let run = mei.ask(&mei.open_thread("ask").await, "hello").await;
    mei.finished(&run).await;
    let member = id_of(&mei).await;
    lin.delete(&format!("/api/v1/members/{member}")).await.expect(204);
    mei.get("/api/v1/me").await.expect(401);
    key.get("/v1/models").await.expect(401);
    assert_eq!(app.model.forgotten(), std::slice::from_ref(&member));
    assert_eq!(lin.delete(&format!("/api/v1/members/{member}")).await.problem(404), "not_found");
}

#[tokio::test]
async fn groups_gather_members() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let mei = id_of(&app.member("mei", Role::Member).await).await;
    let group = json!({"id": lin.id(), "name": " Staff "});
    let made = lin.post("/api/v1/groups", group.clone()).await.expect(201).json();
    assert_eq!((&made["name"], &made["member_ids"]), (&json!("Staff"), &json!([])));
    lin.post("/api/v1/groups", group.clone()).await.expect(201);
    let twin = json!({"id": lin.id(), "name": "Staff"});
    assert_eq!(lin.post("/api/v1/groups", twin).await.problem(409), "conflict");
    let path = format!("/api/v1/groups/{}", group["id"].as_str().unwrap());
    lin.put(&format!("{path}/members/{mei}"), Value::Null).await.expect(204);
    let named = lin.patch(&path, json!({"name": "House"})).await.expect(200).json();
    assert_eq!((&named["name"], &named["member_ids"]), (&json!("House"), &json!([mei])));
    let member = lin.get(&format!("/api/v1/members/{mei}")).await.expect(200).json();
    assert_eq!(member["group_ids"], json!([group["id"]]));
    lin.delete(&format!("{path}/members/{mei}")).await.expect(204);
    assert_eq!(lin.delete(&format!("{path}/members/{mei}")).await.problem(404), "not_found");
    lin.delete(&path).await.expect(204);
    assert_eq!(lin.get("/api/v1/groups").await.json()["items"], json!([]));
}

#[tokio::test]
async fn nobody_signs_in_as_a_service_account() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let robot = json!({"id": lin.id(), "login": "robot", "name": "Robot", "role": "member"});
    let made = lin.post("/api/v1/service-accounts", robot.clone()).await.expect(201).json();
    assert_eq!((&made["kind"], &made["id"]), (&json!("service"), &robot["id"]));
    for password in ["", "password", testkit::PASSWORD] {
        let body = json!({"login": "robot", "password": password});
        assert_eq!(app.anonymous().post("/api/v1/sessions", body).await.problem(401), "wrong_credentials");
    }
    let path = format!("/api/v1/members/{}", robot["id"].as_str().unwrap());
    assert_eq!(lin.post(&format!("{path}/recovery-link"), json!({})).await.problem(400), "invalid_request");
    assert_eq!(lin.patch(&path, json!({"role": "owner"})).await.problem(400), "invalid_request");
    let owner = json!({"id": lin.id(), "login": "two", "name": "Two", "role": "owner"});
    assert_eq!(lin.post("/api/v1/service-accounts", owner).await.problem(400), "invalid_request");
    let twin = json!({"id": lin.id(), "login": "LIN", "name": "Two", "role": "member"});
    assert_eq!(lin.post("/api/v1/service-accounts", twin).await.problem(409), "login_taken");

    let key = json!({"id": lin.id(), "member_id": robot["id"], "name": "its key"});
    let key = lin.post("/api/v1/keys", key).await.expect(201).json();
    let program = app.anonymous().with_bearer(key["token"].as_str().unwrap());
    program.get("/v1/models").await.expect(200);
    lin.patch(&path, json!({"suspended": true})).await.expect(200);
    program.get("/v1/models").await.expect(401);
}
