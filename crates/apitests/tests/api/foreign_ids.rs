//! Ids of somebody else, wherever an id can stand: in paths and in bodies, of every operation of the document.

use serde_json::{Map, Value, json};
use testkit::Client;

use crate::lane::Lane;

const CANARY: &str = "the-canary-of-mei";

/// An operation of the document.
struct Operation {
    method: String,
    path: String,
    body: Option<Value>,
}

fn document() -> Value {
    serde_json::from_str(&api::openapi_json().unwrap()).unwrap()
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(|(method, operation)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            body: operation.pointer("/requestBody/content/application~1json/schema").cloned(),
        })
    });
    // Those who sign out would go on as nobody.
    all.filter(|operation| {
        (operation.method.as_str(), operation.path.as_str()) != ("DELETE", "/api/v1/sessions")
    })
    .collect()
}

/// A body as the schema says, with an id in every field that takes one.
fn fill(document: &Value, schema: &Value, name: &str, id: &str, own: &dyn Fn() -> String) -> Value {
    if let Some(path) = schema["$ref"].as_str() {
        let schema = document.pointer(path.trim_start_matches('#')).unwrap();
        return fill(document, schema, name, id, own);
    }
    if let Some(one) = schema["oneOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
    {
        return fill(document, one, name, id, own);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| fill(document, part, name, id, own));
        let fields = parts.filter_map(|part| part.as_object().cloned()).flatten();
        return Value::Object(fields.collect());
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap().as_str(),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            let field =
                |(name, schema): (&String, &Value)| (name.clone(), fill(document, schema, name, id, own));
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        Some("array") => json!([fill(document, &schema["items"], name, id, own)]),
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(1),
        Some("string") => match (schema["format"].as_str(), name) {
            (Some("uuid"), "id" | "reply_id") => json!(own()),
            (Some("uuid"), _) => json!(id),
            (Some("date-time"), _) => json!("2030-01-01T00:00:00Z"),
            (_, "agent_id" | "agents") => json!("tutor"),
            (_, "models") => json!("*"),
            (_, "origins") => json!("https://lane.example"),
            (_, "locale") => json!("en"),
            (_, "password" | "new" | "current") => json!("not the password"),
            _ => json!(format!("x-{}", own())),
        },
        _ => Value::Null,
    }
}

/// Everything mei has that has an id.
async fn things_of_mei(lane: &Lane, mei: &mut Client) -> Vec<String> {
    let thread = mei.open_thread("tutor").await;
    mei.patch(&format!("/api/v1/threads/{thread}"), json!({"title": CANARY})).await.expect(200);
    let run = mei.ask(&thread, CANARY).await;
    mei.finished(&run).await;
    let key = json!({"id": mei.id(), "name": CANARY, "scope": {"agents": [CANARY]}});
    mei.post("/api/v1/keys", key.clone()).await.expect(201);
    let session = mei.get("/api/v1/me/sessions").await.json()["items"][0]["id"].clone();
    let (member, workspace) = (lane.scope("mei").member_id, lane.scope("mei").workspace_id);
    let mut owner = lane.caller("owner/cookie").await;
    let (group, invitation) = (owner.id(), owner.id());
    owner.post("/api/v1/groups", json!({"id": group, "name": CANARY})).await.expect(201);
    owner.put(&format!("/api/v1/groups/{group}/members/{member}"), Value::Null).await.expect(204);
    owner.post("/api/v1/invitations", json!({"id": invitation, "role": "member"})).await.expect(201);
    owner.patch(&format!("/api/v1/members/{member}"), json!({"name": CANARY})).await.expect(200);
    let of_run = ["id", "message_id", "reply_id"].map(|field| run[field].as_str().unwrap().to_owned());
    let others = [thread, key["id"].as_str().unwrap().to_owned(), session.as_str().unwrap().to_owned()];
    let ids = [member.to_string(), workspace.to_string(), group, invitation];
    of_run.into_iter().chain(others).chain(ids).collect()
}

/// What mei sees of her own things.
async fn view(mei: &Client) -> Vec<Value> {
    let mut views = Vec::new();
    for path in
        ["/api/v1/me", "/api/v1/threads", "/api/v1/keys", "/api/v1/me/layout", "/api/v1/me/second-factor"]
    {
        views.push(mei.get(path).await.expect(200).json());
    }
    let thread = views[1]["items"][0]["id"].as_str().unwrap().to_owned();
    views.push(mei.messages(&thread).await);
    views
}

#[tokio::test]
async fn an_id_of_somebody_else_reaches_nothing_wherever_it_stands() {
    let lane = Lane::start().await;
    let mut mei = lane.caller("mei/cookie").await;
    let ids = things_of_mei(&lane, &mut mei).await;
    let asked_before = lane.app.model.requests().len();
    let before = view(&mei).await;
    let document = document();
    let operations = operations(&document);
    let mut tried = 0;
    for name in ["member/cookie", "guest/cookie", "stranger/cookie"] {
        let attacker = lane.caller(name).await;
        for operation in &operations {
            for id in &ids {
                lane.rest_briefly();
                // A fresh id where the operation makes something, and hers in its place.
                let (fresh, hers) = (|| attacker.id(), || id.clone());
                let ways: [&dyn Fn() -> String; 2] = [&fresh, &hers];
                for own in ways {
                    let path = operation.path.replace("{id}", id).replace("{member_id}", id);
                    // A new one for each try: some of these end sessions.
                    let mut attacker = lane.caller(name).await;
                    let call = attacker.call(&operation.method, &path);
                    let call = match &operation.body {
                        Some(schema) => call.json(&fill(&document, schema, "", id, own)),
                        None => call,
                    };
                    let answer = call.send().await;
                    tried += 1;
                    let call = format!("{name}: {} {path}", operation.method);
                    assert!(!answer.text().contains(CANARY), "{call}: {}", answer.text());
                    assert!(answer.status < 500, "{call}: {}", answer.text());
                }
            }
        }
    }
    println!("{tried} requests with ids of somebody else");
    assert_eq!(view(&mei).await, before);
    for request in lane.app.model.requests().iter().skip(asked_before) {
        assert!(!format!("{request:?}").contains(CANARY), "{request:?}");
    }
    for name in ["member/cookie", "guest/cookie", "stranger/cookie"] {
        let attacker = lane.caller(name).await;
        for path in ["/api/v1/threads", "/api/v1/keys", "/api/v1/me", "/api/v1/me/sessions"] {
            assert!(!attacker.get(path).await.text().contains(CANARY), "{name} {path}");
        }
    }
}

#[test]
fn bodies_are_filled_wherever_an_id_can_stand() {
    let document = document();
    let filled = |path: &str| {
        let operations = operations(&document);
        let operation = operations.iter().find(|it| it.path == path && it.method == "POST").unwrap();
        fill(&document, operation.body.as_ref().unwrap(), "", "hers", &|| "own".to_owned())
    };
    assert_eq!(filled("/api/v1/invitations")["group_ids"], json!(["hers"]));
    let key = filled("/api/v1/keys");
    assert_eq!((&key["id"], &key["member_id"]), (&json!("own"), &json!("hers")));
    let run = filled("/api/v1/threads/{id}/runs");
    assert_eq!((&run["id"], &run["input"]["parent_id"]), (&json!("own"), &json!("hers")), "{run}");
}
