//! Documents without what differs from run to run.

use serde_json::Value;

/// The document with every UUID as `[id 1]`, `[id 2]`, … in the order of their first appearance and every RFC 3339
/// time as `[time]`.
pub fn redact(document: impl Into<Value>) -> Value {
    let mut seen = Vec::new();
    walk(document.into(), &mut seen)
}

fn walk(value: Value, seen: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) if is_uuid(&text) => {
            let known = seen.iter().position(|id| *id == text);
            let place = known.unwrap_or_else(|| {
                seen.push(text);
                seen.len() - 1
            });
            Value::String(format!("[id {}]", place + 1))
        }
        Value::String(text) if is_time(&text) => Value::String("[time]".to_owned()),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| walk(item, seen)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, walk(value, seen))).collect())
        }
        other => other,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.parse::<stdx::MessageId>().is_ok()
}

fn is_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 14 && text.ends_with('Z') && text.get(10..11) == Some("T")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_id_gets_the_same_number() {
        let (a, b) = ("019a9f5e-6c00-7000-8000-000000000001", "019a9f5e-6c00-7000-8000-000000000002");
        let document = json!([{"id": a, "at": "2026-11-22T08:00:00Z"}, {"id": b, "parent": a, "n": 3}]);
        let redacted =
            json!([{"id": "[id 1]", "at": "[time]"}, {"id": "[id 2]", "parent": "[id 1]", "n": 3}]);
        assert_eq!(redact(document), redacted);
    }
}
