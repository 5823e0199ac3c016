//! Arguments as models write them, small ones too: in fences, as text in text, with a comma too many, numbers as text.
//!
//! A slip is forgiven when only one thing can be meant. Everything else is told to the model in a sentence, with the
//! shape that is right, so that the next attempt can be.

use jsonschema::Validator;
use serde_json::{Map, Value};

/// Bytes of the arguments of one call.
const MOST_BYTES: usize = 256 << 10;
/// How many things that are wrong are told at a time.
const MOST_TOLD: usize = 3;
/// Characters of a complaint, as the library writes them.
const MOST_COMPLAINT: usize = 160;

/// The arguments as an object that matches `schema`.
pub(crate) fn read(written: &str, schema: &Value, rules: &Validator) -> Result<Value, String> {
    if written.len() > MOST_BYTES {
        return Err(format!("The arguments have {} bytes; at most {MOST_BYTES} are read.", written.len()));
    }
    let mut value = object(written).map_err(|problem| format!("{problem} {}", shape(schema)))?;
    mend(&mut value, schema);
    let wrong: Vec<String> =
        rules.iter_errors(&value).take(MOST_TOLD).map(|error| complaint(&error)).collect();
    if wrong.is_empty() { Ok(value) } else { Err(format!("{} {}", wrong.join(" "), shape(schema))) }
}

/// How arguments must be, in a line.
pub(crate) fn shape(schema: &Value) -> String {
    format!("Send one JSON object: {}", shape_of(schema, 0))
}

fn complaint(error: &jsonschema::ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { String::new() } else { format!("At `{place}`: ") };
    let mut text = error.masked_with("this").to_string();
    if let Some((end, _)) = text.char_indices().nth(MOST_COMPLAINT) {
        text.truncate(end);
        text.push('…');
    }
    format!("{place}{text}.")
}

fn object(written: &str) -> Result<Value, String> {
    let text = without_fence(written.trim());
    if text.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let value = match parse(text) {
        Ok(value) => value,
        Err(problem) => parse(&without_trailing_commas(text)).map_err(|_| problem)?,
    };
    match value {
        Value::Object(_) => Ok(value),
        Value::Null => Ok(Value::Object(Map::new())),
        // The object was written as a text.
        Value::String(inner) => match parse(&inner) {
            Ok(value @ Value::Object(_)) => Ok(value),
            _ => Err("The arguments are a text, not an object.".to_owned()),
        },
        _ => Err("The arguments are no object.".to_owned()),
    }
}

/// Reads JSON; a field that stands twice is an error, because nobody knows which one is meant.
fn parse(text: &str) -> Result<Value, String> {
    let problem = |error: serde_json::Error| format!("The arguments are no JSON: {error}.");
    serde_json::from_str::<schema::Json>(text).map_err(problem)?;
    serde_json::from_str(text).map_err(problem)
}

/// What stands between a first line of three backquotes and a last one.
fn without_fence(text: &str) -> &str {
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let Some(inner) = inner else { return text };
    let Some((language, body)) = inner.split_once('\n') else { return inner.trim() };
    let is_language = language.trim().chars().all(|c| c.is_ascii_alphanumeric());
    if is_language { body.trim() } else { inner.trim() }
}

/// The text without commas that stand before a closing bracket, outside of strings.
fn without_trailing_commas(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut pending: Option<String> = None;
    let (mut in_text, mut is_escaped) = (false, false);
    for c in text.chars() {
        if in_text {
            kept.push(c);
            in_text = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match (c, &mut pending) {
            (c, Some(held)) if c.is_whitespace() => held.push(c),
            ('}' | ']', Some(_)) => {
                pending = None;
                kept.push(c);
            }
            (',', None) => pending = Some(",".to_owned()),
            (c, held) => {
                kept.push_str(&held.take().unwrap_or_default());
                in_text = c == '"';
                if c == ',' { *held = Some(",".to_owned()) } else { kept.push(c) }
            }
        }
    }
    kept.push_str(&pending.unwrap_or_default());
    kept
}

/// Turns what has the wrong type into what the schema asks for, where only one value can be meant.
fn mend(value: &mut Value, schema: &Value) {
    let wanted = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    if let Some(mended) = mended(value, wanted) {
        *value = mended;
    }
    match value {
        Value::Object(fields) => {
            let required = schema.get("required").and_then(Value::as_array);
            let is_required = |name: &str| required.is_some_and(|list| list.iter().any(|one| one == name));
            fields.retain(|name, field| !field.is_null() || is_required(name));
            for (name, field) in fields.iter_mut() {
                if let Some(inner) = schema.get("properties").and_then(|all| all.get(name)) {
                    mend(field, inner);
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = schema.get("items") {
                items.iter_mut().for_each(|item| mend(item, inner));
            }
        }
        _ => {}
    }
}

fn mended(value: &Value, wanted: &str) -> Option<Value> {
    match (wanted, value) {
        ("number", Value::String(text)) => number(text),
        ("integer", Value::String(text)) => whole(&number(text)?),
        ("integer", Value::Number(_)) => whole(value),
        ("boolean", Value::String(text)) => text.trim().parse().ok().map(Value::Bool),
        ("string", Value::Number(number)) => Some(Value::String(number.to_string())),
        ("array", Value::String(text)) => parse(text).ok().filter(Value::is_array),
        ("object", Value::String(text)) => parse(text).ok().filter(Value::is_object),
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    serde_json::from_str(text).ok().filter(Value::is_number)
}

/// `3.0` is three.
fn whole(value: &Value) -> Option<Value> {
    if value.is_i64() || value.is_u64() {
        return Some(value.clone());
    }
    let text = value.to_string();
    let digits = text.strip_suffix(".0")?;
    digits.parse::<i64>().ok().map(Value::from)
}

fn shape_of(schema: &Value, depth: usize) -> String {
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("value");
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        return choices.join("|");
    }
    match (kind, schema.get("properties").and_then(Value::as_object), schema.get("items")) {
        ("object", Some(fields), _) if depth < 3 => {
            let required = schema.get("required").and_then(Value::as_array);
            let is_required = |name: &str| required.is_some_and(|list| list.iter().any(|one| one == name));
            let (needed, free): (Vec<_>, Vec<_>) = fields.iter().partition(|(name, _)| is_required(name));
            let told = |(name, inner): (&String, &Value), mark: &str| {
                format!("\"{name}\"{mark}: {}", shape_of(inner, depth + 1))
            };
            let needed = needed.into_iter().map(|field| told(field, ""));
            let all: Vec<String> = needed.chain(free.into_iter().map(|field| told(field, "?"))).collect();
            format!("{{{}}}", all.join(", "))
        }
        ("array", _, Some(inner)) => format!("[{}, …]", shape_of(inner, depth + 1)),
        _ => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "words": {"type": "string"},
                "count": {"type": "integer", "minimum": 0},
                "share": {"type": "number"},
                "sure": {"type": "boolean"},
                "kind": {"enum": ["bar", "line"]},
                "rows": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
            },
            "required": ["words"],
            "additionalProperties": false
        })
    }

    fn check(written: &str) -> Result<Value, String> {
        let schema = schema();
        let rules = jsonschema::validator_for(&schema).unwrap();
        read(written, &schema, &rules)
    }

    #[test]
    fn slips_that_can_mean_only_one_thing_are_forgiven() {
        let right = json!({"words": "a, ]", "count": 3, "rows": [[1, 2.5]]});
        for written in [
            r#"{"words":"a, ]","count":3,"rows":[[1,2.5]]}"#,
            r#" {"words": "a, ]", "count": "3", "rows": [["1", "2.5",], ], } "#,
            "```json\n{\"words\":\"a, ]\",\"count\":3.0,\"rows\":\"[[1,2.5]]\"}\n```",
            "``` {\"words\":\"a, ]\",\"count\":3,\"rows\":[[1,2.5]]} ```",
            r#""{\"words\":\"a, ]\",\"count\":3,\"rows\":[[1,2.5]]}""#,
            r#"{"words":"a, ]","count":3,"share":null,"rows":[[1,2.5]]}"#,
        ] {
            assert_eq!(check(written), Ok(right.clone()), "{written}");
        }
        assert_eq!(check(r#"{"words":7,"sure":"true"}"#), Ok(json!({"words": "7", "sure": true})));
    }

    #[test]
    fn what_is_wrong_is_said_with_the_shape_that_is_right() {
        let shape = "Send one JSON object: {\"words\": string, \"count\"?: integer, \"kind\"?: \"bar\"|\"line\", \
                     \"rows\"?: [[number, …], …], \"share\"?: number, \"sure\"?: boolean}";
        let said = |problem: &str| Err(format!("{problem} {shape}"));
        assert_eq!(check("{}"), said("\"words\" is a required property."));
        assert_eq!(check(""), said("\"words\" is a required property."));
        assert_eq!(check("[1]"), said("The arguments are no object."));
        assert_eq!(check("\"words\""), said("The arguments are a text, not an object."));
        assert_eq!(
            check(r#"{"words":"a","count":"three"}"#),
            said("At `/count`: this is not of type \"integer\".")
        );
        assert_eq!(
            check(r#"{"words":"a","word":"b"}"#),
            said("Additional properties are not allowed ('word' was unexpected).")
        );
        assert_eq!(
            check(r#"{"words":"a","words":"b"}"#),
            said("The arguments are no JSON: the field `words` stands twice at line 1 column 25.")
        );
        assert_eq!(
            check(r#"{"words":"a""#),
            said("The arguments are no JSON: EOF while parsing an object at line 1 column 12.")
        );
    }

    #[test]
    fn too_much_is_refused_before_it_is_read() {
        let written = "[".repeat(300_000);
        assert_eq!(
            check(&written),
            Err("The arguments have 300000 bytes; at most 262144 are read.".to_owned())
        );
        assert!(check(&"[".repeat(200_000)).unwrap_err().contains("recursion limit"));
    }

    #[test]
    fn numbers_of_any_other_shape_stay_texts() {
        for text in ["1e", "0x10", "1,5", "NaN", "", "٣", "1 2"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(whole(&json!(2.5)), None);
    }

    proptest! {
        #[test]
        fn nothing_that_a_model_writes_breaks_the_reader(written in "\\PC{0,200}") {
            let _ = check(&written);
        }

        #[test]
        fn what_is_right_stays_as_it_is(words in ".*", count in 0_u32.., share in -1e9_f64..1e9) {
            let value = json!({"words": words, "count": count, "share": share});
            prop_assert_eq!(check(&value.to_string()), Ok(value.clone()));
            prop_assert_eq!(check(&without_trailing_commas(&value.to_string())), Ok(value));
        }
    }
}
