//! Whether a draft has the form that its question asks for.

use ports::{AnswerForm, ChatRequest, ToolChoice};
use serde_json::Value;
use wire::RouteFinding as Found;

/// Looks at an answer that is complete: at its JSON, where that is asked for, and at the tools that it calls.
pub(crate) fn formed(request: &ChatRequest, text: &str, calls: &[(String, String)]) -> Found {
    if calls.is_empty() {
        return match (&request.tools.choice, text.trim()) {
            (ToolChoice::Required | ToolChoice::Named(_), _) if !request.tools.is_none() => Found::WrongCall,
            (_, "") => Found::NoAnswer,
            (_, text) => of_text(&request.form, text),
        };
    }
    let offered = |name: &str| request.tools.offered.iter().find(|tool| tool.name == name);
    let is_right = |(name, arguments): &(String, String)| {
        let schema = offered(name).map(|tool| tool.parameters.as_str());
        schema.is_some_and(|schema| of_schema(schema, arguments) == Found::Fits)
    };
    if calls.iter().all(is_right) { Found::Fits } else { Found::WrongCall }
}

fn of_text(form: &AnswerForm, text: &str) -> Found {
    match form {
        AnswerForm::Text => Found::Fits,
        AnswerForm::JsonObject => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(_)) => Found::Fits,
            Ok(_) => Found::WrongShape,
            Err(_) => Found::NotJson,
        },
        AnswerForm::JsonSchema { schema, .. } => of_schema(schema, text),
    }
}

/// A schema that cannot be read is one that nothing is known to match.
fn of_schema(schema: &str, text: &str) -> Found {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Found::NotJson };
    let schema = serde_json::from_str::<Value>(schema).ok().filter(|schema| !has_reference(schema));
    let is_right = schema.and_then(|schema| jsonschema::validator_for(&schema).ok());
    if is_right.is_some_and(|validator| validator.is_valid(&value)) { Found::Fits } else { Found::WrongShape }
}

/// Whether it points at a document that would have to be fetched: none is.
fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            let is_far = key == "$ref" && value.as_str().is_some_and(|place| !place.starts_with('#'));
            is_far || has_reference(value)
        }),
        Value::Array(items) => items.iter().any(has_reference),
        _ => false,
    }
}
