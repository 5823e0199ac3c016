//! What is not an answer to a question: vectors of texts, texts in an order, counts, and the list of models.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Dialect;
use serde_json::{Value, json};

use crate::answer::Account;
use crate::question::Asked;
use crate::route::Batch;
use crate::script::{Script, UsageForm};
use crate::words::hash;

/// Numbers of a vector where the name says nothing.
const USUAL_LENGTH: u32 = 8;
/// What of the list of models can always be had.
const EXAMPLES: [&str; 5] =
    ["say-40", "say-400.tps-50.first-300ms", "think-20.say-40", "call.say-8", "json.say-20"];

/// Vectors: the same text has the same one, whatever stands beside it.
pub(crate) fn embeddings(
    script: &Script,
    asked: &Asked,
    batch: Batch,
    account: &Account,
    body: &Value,
) -> Vec<u8> {
    let length =
        ["/dimensions", "/outputDimensionality"].iter().find_map(|field| body.pointer(field)?.as_u64());
    let length = length.and_then(|length| u32::try_from(length).ok()).filter(|length| *length <= 8_192);
    let length = script.content.dims.or(length).unwrap_or(USUAL_LENGTH);
    let vectors = texts(body).into_iter().map(|text| vector(script.content.seed, &text, length));
    if asked.dialect == Dialect::GenerateContent {
        let mut values = vectors.map(|vector| json!({"values": vector}));
        let answer = match batch {
            Batch::Single => json!({"embedding": values.next()}),
            Batch::Several => json!({"embeddings": values.collect::<Vec<_>>()}),
        };
        return answer.to_string().into_bytes();
    }
    let is_packed = body.get("encoding_format").and_then(Value::as_str) == Some("base64");
    let data = vectors.enumerate().map(|(index, vector)| {
        let written = if is_packed { json!(packed(&vector)) } else { json!(vector) };
        json!({"object": "embedding", "index": index, "embedding": written})
    });
    let data: Vec<Value> = data.collect();
    let mut answer = json!({"object": "list", "data": data, "model": asked.model});
    put_usage(&mut answer, script, account);
    answer.to_string().into_bytes()
}

/// The share of the query's words that a document has in it, the highest first.
pub(crate) fn rerank(
    script: &Script,
    asked: &Asked,
    number: u64,
    account: &Account,
    body: &Value,
) -> Vec<u8> {
    let query = body.get("query").and_then(Value::as_str).unwrap_or("");
    let wanted: Vec<&str> = query.split_whitespace().collect();
    let documents = body.get("documents").and_then(Value::as_array).into_iter().flatten();
    let text = |document: &Value| {
        let inner = document.get("text").unwrap_or(document);
        inner.as_str().unwrap_or("").to_owned()
    };
    let scored = documents.enumerate().map(|(index, document)| {
        let text = text(document);
        let found = wanted.iter().filter(|word| text.contains(**word)).count();
        (index, found, text)
    });
    let mut scored: Vec<(usize, usize, String)> = scored.collect();
    scored.sort_by_key(|(index, found, _)| (std::cmp::Reverse(*found), *index));
    let most = body.get("top_n").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
    let is_with_text = body.get("return_documents").and_then(Value::as_bool) == Some(true);
    let small = |number: usize| u16::try_from(number).map_or(f64::from(u16::MAX), f64::from);
    let results = scored.into_iter().take(most.unwrap_or(usize::MAX)).map(|(index, found, text)| {
        let score = small(found) / small(wanted.len().max(1));
        let result = json!({"index": index, "relevance_score": score});
        if is_with_text {
            json!({"index": index, "relevance_score": score, "document": {"text": text}})
        } else {
            result
        }
    });
    let results: Vec<Value> = results.collect();
    let mut answer = json!({"id": format!("rerank-{number:08}"), "model": asked.model, "results": results});
    put_usage(&mut answer, script, account);
    answer.to_string().into_bytes()
}

/// Tokens of a question, which cost nothing.
pub(crate) fn count(asked: &Asked, account: &Account) -> Value {
    match asked.dialect {
        Dialect::GenerateContent => json!({"totalTokens": account.input_tokens}),
        _ => json!({"input_tokens": account.input_tokens}),
    }
}

/// The models with names of their own, and some of the others.
pub(crate) fn models<'a>(dialect: Dialect, named: impl Iterator<Item = &'a String>, created: i64) -> Value {
    let all: Vec<&str> = named.map(String::as_str).chain(EXAMPLES).collect();
    match dialect {
        Dialect::GenerateContent => {
            let methods = ["generateContent", "countTokens", "embedContent"];
            let model = |name: &&str| {
                json!({"name": format!("models/{name}"), "displayName": name, "inputTokenLimit": 1_000_000,
                    "outputTokenLimit": 100_000, "supportedGenerationMethods": methods})
            };
            json!({"models": all.iter().map(model).collect::<Vec<_>>()})
        }
        Dialect::Messages => {
            let model = |name: &&str| json!({"type": "model", "id": name, "display_name": name});
            let data: Vec<Value> = all.iter().map(model).collect();
            json!({"data": data, "has_more": false, "first_id": all.first(), "last_id": all.last()})
        }
        Dialect::ChatCompletions | Dialect::Responses => {
            let model =
                |name: &&str| json!({"id": name, "object": "model", "created": created, "owned_by": "lane"});
            json!({"object": "list", "data": all.iter().map(model).collect::<Vec<_>>()})
        }
    }
}

fn put_usage(answer: &mut Value, script: &Script, account: &Account) {
    if let Some(fields) = answer.as_object_mut().filter(|_| script.counts.usage != UsageForm::None) {
        let tokens = account.input_tokens;
        fields.insert("usage".to_owned(), json!({"prompt_tokens": tokens, "total_tokens": tokens}));
    }
}

/// The texts that are to be embedded: one, several, or the tokens of some.
fn texts(body: &Value) -> Vec<String> {
    let all = |list: &Value| list.as_array().cloned().unwrap_or_default();
    match (body.get("input"), body.get("requests")) {
        (Some(Value::Array(items)), _) if items.iter().all(Value::is_number) => {
            vec![json!(items).to_string()]
        }
        (Some(Value::Array(items)), _) => items.iter().map(text).collect(),
        (Some(one), _) => vec![text(one)],
        (None, Some(requests)) => {
            all(requests).iter().map(|one| text(one.get("content").unwrap_or(one))).collect()
        }
        (None, None) => vec![text(body.get("content").unwrap_or(&Value::Null))],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Of length 1.
fn vector(seed: u64, text: &str, length: u32) -> Vec<f32> {
    let own = hash(seed, text.as_bytes());
    let number = |at: u32| {
        let [low, high, ..] = hash(own, &at.to_le_bytes()).to_le_bytes();
        f32::from(i16::from_le_bytes([low, high]))
    };
    let raw: Vec<f32> = (0..length).map(number).collect();
    let size = raw.iter().map(|number| number * number).sum::<f32>().sqrt().max(1.0);
    raw.into_iter().map(|number| number / size).collect()
}

/// As some clients ask for it: numbers of four bytes each, the lowest first.
fn packed(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_the_texts_alone_and_of_length_one() {
        let one = vector(0, "lane", 16);
        assert_eq!((one.len(), &one), (16, &vector(0, "lane", 16)));
        assert_ne!(one, vector(0, "door", 16));
        let size: f32 = one.iter().map(|number| number * number).sum();
        assert!((size - 1.0).abs() < 1e-4);
        assert_eq!(packed(&[1.0, -2.0]), "AACAPwAAAMA=");
    }

    #[test]
    fn texts_stand_in_four_places() {
        assert_eq!(texts(&json!({"input": "a"})), ["a"]);
        assert_eq!(texts(&json!({"input": ["a", "b"]})), ["a", "b"]);
        assert_eq!(texts(&json!({"input": [[1, 2], [3]]})), ["[1,2]", "[3]"]);
        assert_eq!(texts(&json!({"input": [1, 2]})), ["[1,2]"]);
        let content = json!({"parts": [{"text": "a"}]});
        assert_eq!(texts(&json!({"content": content})), [content.to_string()]);
        assert_eq!(texts(&json!({"requests": [{"content": content}]})), [content.to_string()]);
    }
}
