//! Texts that become vectors, in the words that all vendors share who have them: `POST /embeddings` beside the chat
//! completions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::{Dialect, Endpoint};
use money::Report;
use ports::{EmbedRequest, PortError, Spent};
use serde_json::Value;

use crate::json::{Json, Object};
use crate::question::{Call, cannot};
use crate::usage::{Counts, spent};
use crate::{Failure, FailureKind};

/// What became of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Vectors {
    /// One for each text, in their order.
    pub vectors: Vec<Vec<f32>>,
    /// What was consumed, where the vendor says so.
    pub spent: Option<Spent>,
}

/// Writes texts that are to become vectors.
///
/// # Errors
/// When the endpoint has no such thing.
pub fn encode_texts(endpoint: &Endpoint, model: &str, request: &EmbedRequest) -> Result<Call, PortError> {
    if endpoint.dialect != Dialect::ChatCompletions {
        return Err(cannot(
            "model: this way of asking the provider knows no vectors; ask the one of its chat completions",
        ));
    }
    let texts = request.texts.iter().map(|text| Json::from(text.as_str())).collect();
    let body =
        Object::new().with("model", model).with("input", Json::List(texts)).with("encoding_format", "float");
    let body = match request.dimensions {
        Some(dimensions) => body.with("dimensions", dimensions),
        None => body,
    };
    Ok(Call { path: "/embeddings".to_owned(), body: Json::from(body).bytes(), left_out: Vec::new() })
}

/// Reads the vectors of so many texts.
///
/// # Errors
/// When it is a complaint, or not one vector for each text, all of one length.
pub fn read_vectors(endpoint: &Endpoint, model: &str, texts: usize, body: &[u8]) -> Result<Vectors, Failure> {
    let unreadable = || Failure::of(FailureKind::Unreadable);
    let value: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
    if let Some(failure) = Failure::in_answer(&endpoint.errors, &value) {
        return Err(failure);
    }
    let items = value.get("data").and_then(Value::as_array).ok_or_else(unreadable)?;
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (at, item) in items.iter().enumerate() {
        let at =
            item.get("index").and_then(Value::as_u64).map_or(Some(at), |index| usize::try_from(index).ok());
        let place = at.and_then(|at| vectors.get_mut(at)).filter(|place| place.is_none());
        *place.ok_or_else(unreadable)? = Some(vector(item.get("embedding")).ok_or_else(unreadable)?);
    }
    let vectors: Vec<Vec<f32>> = vectors.into_iter().collect::<Option<_>>().ok_or_else(unreadable)?;
    let length = vectors.first().map_or(0, Vec::len);
    if length == 0 || vectors.iter().any(|vector| vector.len() != length) {
        return Err(unreadable());
    }
    let spent = value.get("usage").and_then(|usage| {
        let counts = Counts(usage);
        let input = counts.first(&["prompt_tokens", "input_tokens", "total_tokens"])?;
        spent(endpoint.quirks(model), Report { input, ..Report::default() }, usage)
    });
    Ok(Vectors { vectors, spent })
}

/// A list of numbers, or their bytes, little-endian, as base64. All of them are finite.
fn vector(value: Option<&Value>) -> Option<Vec<f32>> {
    let numbers: Vec<f32> = match value? {
        Value::Array(numbers) => {
            numbers.iter().map(|number| Some(narrow(number.as_f64()?))).collect::<Option<_>>()?
        }
        Value::String(text) => {
            let bytes = STANDARD.decode(text).ok()?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() {
                return None;
            }
            numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()
        }
        _ => return None,
    };
    numbers.iter().all(|number| number.is_finite()).then_some(numbers)
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "the library has no other way")]
fn narrow(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::endpoint;

    fn request(texts: &[&str], dimensions: Option<u32>) -> EmbedRequest {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        EmbedRequest { texts, dimensions, ..EmbedRequest::default() }
    }

    fn read(texts: usize, body: &str) -> Result<Vectors, FailureKind> {
        read_vectors(&endpoint("openai", "chat"), "m", texts, body.as_bytes()).map_err(|failure| failure.kind)
    }

    #[test]
    fn texts_are_asked_for_in_the_vendor_s_words() {
        let call =
            encode_texts(&endpoint("openai", "chat"), "embed-3", &request(&["a", "你"], Some(64))).unwrap();
        assert_eq!(call.path, "/embeddings");
        let body = r#"{"model":"embed-3","input":["a","你"],"encoding_format":"float","dimensions":64}"#;
        assert_eq!(call.body, body);
        assert!(encode_texts(&endpoint("anthropic", "main"), "m", &request(&["a"], None)).is_err());
    }

    #[test]
    fn vectors_are_put_in_the_order_of_their_texts() {
        let body = r#"{"data":[{"index":1,"embedding":[0.5,-1]},{"index":0,"embedding":"AACAPwAAAAA="}],"usage":{"prompt_tokens":7,"total_tokens":7}}"#;
        let found = read(2, body).unwrap();
        assert_eq!(found.vectors, [vec![1.0, 0.0], vec![0.5, -1.0]]);
        let usage = found.spent.unwrap().tokens();
        assert_eq!((usage.input_tokens, usage.output_tokens), (7, 0));
        let silent = read(1, r#"{"data":[{"embedding":[1]}]}"#).unwrap();
        assert_eq!((silent.vectors, silent.spent), (vec![vec![1.0]], None));
    }

    #[test]
    fn what_is_no_vector_for_each_text_is_no_answer() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"data":[]}"#,
            r#"{"data":[{"embedding":[]}]}"#,
            r#"{"data":[{"embedding":["1"]}]}"#,
            r#"{"data":[{"embedding":[1e39]}]}"#,
            r#"{"data":[{"embedding":"AAA="}]}"#,
            r#"{"data":[{"index":1,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
        ] {
            assert_eq!(read(1, body), Err(FailureKind::Unreadable), "{body}");
        }
        assert_eq!(
            read(2, r#"{"data":[{"embedding":[1]},{"embedding":[1,2]}]}"#),
            Err(FailureKind::Unreadable)
        );
        let told = read(1, r#"{"error":{"message":"no","type":"server_error","code":null}}"#);
        assert!(matches!(told, Err(FailureKind::Told(_))), "{told:?}");
    }
}
