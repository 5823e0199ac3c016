//! Conversations that go on where their beginning is still held, because that is cheaper.

use serde_json::{Value, json};
use testkit::Client;

use crate::money::is_sound;
use crate::routing::Street;

const SMALL: &str = "toy/small__say-10";
const LARGE: &str = "toy/large__say-10";

async fn answered_by(key: &mut Client, model: &str, said: &[&str]) -> String {
    let roles = ["user", "assistant"].iter().cycle();
    let messages: Vec<Value> =
        roles.zip(said).map(|(role, text)| json!({"role": role, "content": text})).collect();
    let question = json!({"model": model, "messages": messages, "max_tokens": 100});
    let answer = key.post("/v1/chat/completions", question).await.expect(200).json();
    answer["model"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_long_conversation_goes_on_at_the_dearer_model_that_has_just_read_it() {
    let street = Street::open(&[SMALL, LARGE]).await;
    let app = street.build().start().await;
    let owner = app.owner().await;
    let mei = app.member("mei", app::Role::Member).await;
    let (mut lin, mut mei) = (app.key_of(&owner).await, app.key_of(&mei).await);
    let long = "A lane has many doors. ".repeat(2_000);
    let whole = [long.as_str(), "Which of them?", "The red one."];
    assert_eq!(answered_by(&mut lin, "strict", &[&long]).await, SMALL);
    assert_eq!(answered_by(&mut lin, LARGE, &["Something else, and short."]).await, LARGE);
    assert_eq!(answered_by(&mut lin, "strict", &whole).await, SMALL);

    let other = long.replace("doors", "gates");
    let whole = [other.as_str(), "Which of them?", "The red one."];
    assert_eq!(answered_by(&mut lin, LARGE, &[&other]).await, LARGE);
    assert_eq!(answered_by(&mut mei, "strict", &whole).await, SMALL, "nobody learns what others asked");
    assert_eq!(answered_by(&mut lin, "strict", &whole).await, LARGE);
    is_sound(&app).await;
}
