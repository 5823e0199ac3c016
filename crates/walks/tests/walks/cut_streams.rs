//! Vendors whose answers break off, at every byte of them: what a program hears of it in each face, and what both sides' books
//! say then.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};
use testkit::{Client, SseEvent};
use wire::ErrorCode;

use crate::money::is_sound;
use crate::upstreams::Street;

/// Asked at a time.
const TOGETHER: usize = 8;
/// Bytes that are tried in one go.
const WAVE: usize = 96;
/// An answer of this question costs 10 × 2 + 3 × 8 micro-yuan.
const WHOLE: i64 = 44;
/// What a token of an answer costs.
const TOKEN: i64 = 8;

/// How programs ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Chat,
    Messages,
    Responses,
    /// Without a stream.
    AtOnce,
}

const WAYS: [Way; 4] = [Way::Chat, Way::Messages, Way::Responses, Way::AtOnce];

/// What a program heard.
#[derive(Debug, Default)]
struct Heard {
    text: String,
    /// Pieces of the text, each of them a token of the vendor's.
    pieces: i64,
    is_whole: bool,
    /// The code of an error in the face's own words.
    error: Option<String>,
}

impl Way {
    async fn ask(self, key: &Client, model: &str) -> Heard {
        let messages = json!([{"role": "user", "content": "Where does the lane end?"}]);
        let (path, body) = match self {
            Self::Chat | Self::AtOnce => {
                let is_streamed = self == Self::Chat;
                ("/v1/chat/completions", json!({"model": model, "messages": messages, "stream": is_streamed}))
            }
            Self::Messages => {
                let body = json!({"model": model, "messages": messages, "max_tokens": 64, "stream": true});
                ("/v1/messages", body)
            }
            Self::Responses => {
                let input = "Where does the lane end?";
                ("/v1/responses", json!({"model": model, "input": input, "stream": true, "store": false}))
            }
        };
        let mut key = key.clone();
        if self == Self::AtOnce {
            let answer = key.post(path, body).await;
            return at_once(answer.status, &answer.json());
        }
        let events = key.call("POST", path).json(&body).stream().await.rest().await;
        let mut heard = Heard::default();
        for event in &events {
            assert!(!heard.is_whole && heard.error.is_none(), "{model}: {event:?} follows the end");
            self.hear(event, &mut heard);
        }
        heard
    }

    fn hear(self, SseEvent { data, .. }: &SseEvent, heard: &mut Heard) {
        let (piece, is_end, error) = match self {
            Self::Chat | Self::AtOnce => {
                (&data["choices"][0]["delta"]["content"], data == "[DONE]", &data["error"]["code"])
            }
            Self::Messages => {
                (&data["delta"]["text"], data["type"] == "message_stop", &data["error"]["code"])
            }
            Self::Responses => {
                let is_text = data["type"] == "response.output_text.delta";
                let piece = if is_text { &data["delta"] } else { &Value::Null };
                (piece, data["type"] == "response.completed", &data["response"]["error"]["code"])
            }
        };
        if let Some(piece) = piece.as_str().filter(|piece| !piece.is_empty()) {
            heard.text.push_str(piece);
            heard.pieces += 1;
        }
        heard.is_whole = is_end;
        heard.error = error.as_str().map(str::to_owned);
    }
}

/// An answer that came in one piece, or not at all: then nobody has seen anything of it.
fn at_once(status: u16, answer: &Value) -> Heard {
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned();
    let error = answer["error"]["code"].as_str().map(str::to_owned);
    assert_eq!(status == 200, error.is_none(), "{answer}");
    Heard { text, pieces: 0, is_whole: status == 200, error }
}

/// What was paid, in micro-yuan, by model.
async fn paid(lin: &Client) -> BTreeMap<String, i64> {
    let spend = lin.get("/api/v1/me/spend?by=model").await.expect(200).json();
    let rows = spend["rows"].as_array().unwrap().iter();
    let row =
        |row: &Value| (row["key"].as_str().unwrap().to_owned(), row["amount"]["micros"].as_i64().unwrap());
    rows.map(row).collect()
}

async fn cut_at_every_byte(site: &str) {
    let street = Street::patient().await;
    let lin = street.app.owner().await;
    let key = street.app.key_of(&lin).await;
    // What is told, and what an answer costs of which the vendor does not say what it used.
    let (uncut, silent) = (format!("{site}/say-3.prompt-10"), format!("{site}/say-3.prompt-10.usage-none"));
    let whole = Way::Chat.ask(&key, &uncut).await;
    assert!(whole.is_whole && Way::Chat.ask(&key, &silent).await.is_whole);
    let bill = paid(&lin).await;
    assert_eq!(bill[&uncut], WHOLE);
    let estimate = bill[&silent];

    let (mut heard, mut at) = (Vec::new(), 0);
    loop {
        let ask = |at: usize| {
            let (model, key) = (format!("{site}/say-3.prompt-10.cut-{at}"), key.clone());
            async move { (WAYS[at % WAYS.len()].ask(&key, &model).await, WAYS[at % WAYS.len()], model) }
        };
        let wave: Vec<_> = stream::iter(at..at + WAVE).map(ask).buffered(TOGETHER).collect().await;
        // Beyond the last byte nothing is cut.
        street.vendors.settled().await;
        let is_over = street.vendors.entries().iter().rev().take(WAVE / 2).all(|one| one.sums.cut == 0);
        heard.extend(wave);
        if is_over {
            break;
        }
        at += WAVE;
    }
    let bill = paid(&lin).await;
    for (heard, way, model) in &heard {
        let paid = bill.get(model).copied().unwrap_or_default();
        assert!(whole.text.starts_with(&heard.text), "{model} {way:?}: {heard:?}");
        assert!(heard.is_whole != heard.error.is_some(), "{model} {way:?}: {heard:?}");
        if heard.is_whole {
            assert_eq!(heard.text, whole.text, "{model} {way:?}");
            assert!(
                paid == WHOLE || paid == estimate,
                "{model} {way:?}: {paid}, neither {WHOLE} nor {estimate}"
            );
        } else {
            assert_eq!(heard.error.as_deref(), Some(ErrorCode::UpstreamCut.as_str()), "{model} {way:?}");
            assert_eq!(paid, heard.pieces * TOKEN, "{model} {way:?}: {heard:?}");
        }
    }
    let ended = heard.iter().filter(|(heard, ..)| heard.is_whole).count();
    assert!((1..heard.len()).contains(&ended), "{ended} of {} are whole", heard.len());
    is_sound(&street.app).await;
}

#[tokio::test]
async fn chat_completions_are_cut_at_every_byte() {
    cut_at_every_byte("toy").await;
}

#[tokio::test]
async fn responses_are_cut_at_every_byte() {
    cut_at_every_byte("toy.responses").await;
}

#[tokio::test]
async fn messages_are_cut_at_every_byte() {
    cut_at_every_byte("toy.messages").await;
}

#[tokio::test]
async fn generated_content_is_cut_at_every_byte() {
    cut_at_every_byte("toy.generate-content").await;
}
