//! What the API says of itself, held against what it does: every answer a test sees is checked.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::events::SseEvent;

/// Checks an answer of `/api/v1`; all else has no such description.
///
/// # Panics
/// When the route, the status, the kind of content or a field is not described, or is described otherwise.
#[track_caller]
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let Some(route) = path.starts_with("/api/v1/").then(|| route(path)).flatten() else { return };
    let operation = pointer(&["paths", &route, &method.to_ascii_lowercase()]);
    let Some(responses) = document().pointer(&operation).and_then(|it| it.get("responses")) else { return };
    let by_status = responses.get(answer.status.to_string()).or_else(|| responses.get("default"));
    let Some(response) = by_status.map(resolve) else { panic!("{method} {route}: {}", answer.status) };
    let Some(content) = response.get("content") else {
        assert_eq!(answer.text(), "", "{method} {route}: a body that is not described");
        return;
    };
    let kind = answer.header("content-type").unwrap_or_default();
    let Some(schema) = content.get(kind).and_then(|content| content.get("schema")) else {
        panic!("{method} {route}: an answer of {} as `{kind}`, described as {content}", answer.status)
    };
    if kind.ends_with("json") {
        hold_against(schema, &answer.json(), &format!("{method} {route}: {}", answer.status));
    }
}

/// Checks an event of a run.
///
/// # Panics
/// When it is not described, or described otherwise.
#[track_caller]
pub(crate) fn check_event(event: &SseEvent) {
    let name = event.name.as_deref().unwrap();
    hold_against(&json!({"$ref": "#/components/schemas/Event"}), &event.data, name);
    assert_eq!(event.data.get("type").and_then(Value::as_str), Some(name));
}

#[track_caller]
fn hold_against(schema: &Value, document: &Value, what: &str) {
    static VALIDATORS: OnceLock<Mutex<HashMap<String, Validator>>> = OnceLock::new();
    let mut validators =
        VALIDATORS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators.entry(schema.to_string()).or_insert_with(|| validator(schema));
    let faults: Vec<_> =
        validator.iter_errors(document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{what} is not as described: {faults:#?}\n{document}");
}

fn validator(schema: &Value) -> Validator {
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document().get("components"),
        "allOf": [schema],
    });
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
}

/// The description, in which objects have no other fields than those that are described.
fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document: Value = serde_json::from_str(&api::openapi_json().unwrap()).unwrap();
        let mut parts = Vec::new();
        named_parts(&document, &mut parts);
        for (name, schema) in
            document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).unwrap()
        {
            if !parts.contains(&format!("#/components/schemas/{name}")) {
                close(schema);
            }
        }
        document
    })
}

/// Collects the schemas that others are put together from: those have other fields beside theirs.
fn named_parts(value: &Value, parts: &mut Vec<String>) {
    let all_of = value.get("allOf").and_then(Value::as_array).into_iter().flatten();
    parts.extend(all_of.filter_map(|part| part.get("$ref")?.as_str().map(str::to_owned)));
    match value {
        Value::Object(fields) => fields.values().for_each(|value| named_parts(value, parts)),
        Value::Array(items) => items.iter().for_each(|value| named_parts(value, parts)),
        _ => {}
    }
}

fn close(schema: &mut Value) {
    if schema.get("properties").is_some() || schema.get("allOf").is_some() {
        schema["unevaluatedProperties"] = json!(false);
    }
    for alternative in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        close(alternative);
    }
}

/// The described route of a path.
fn route(path: &str) -> Option<String> {
    let fits = |route: &str| {
        let (mut parts, mut words) = (route.split('/'), path.split('/'));
        loop {
            match (parts.next(), words.next()) {
                (None, None) => return true,
                (Some(part), Some(word)) if part == word || part.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    let routes = document().get("paths").and_then(Value::as_object).unwrap();
    // A fixed word goes before a parameter.
    routes.keys().filter(|route| fits(route)).min_by_key(|route| route.matches('{').count()).cloned()
}

fn resolve(response: &Value) -> &Value {
    let reference = response.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    reference.map_or(response, |path| document().pointer(path).unwrap())
}

fn pointer(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(schema: &str, document: &Value) -> bool {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        let held = std::panic::AssertUnwindSafe(|| hold_against(&schema, document, "it"));
        std::panic::catch_unwind(held).is_err()
    }

    #[test]
    fn a_wrong_a_missing_and_an_unknown_field_are_faults() {
        let usage = json!({"input_tokens": 1, "cached_tokens": 0, "output_tokens": 2, "reasoning_tokens": 0});
        assert!(!fault("Usage", &usage));
        assert!(fault("Usage", &json!({"input_tokens": 1, "cached_tokens": 0})));
        assert!(fault(
            "Usage",
            &json!({"input_tokens": "1", "cached_tokens": 0, "output_tokens": 2, "reasoning_tokens": 0})
        ));
        assert!(fault(
            "Usage",
            &json!({"input_tokens": 1, "cached_tokens": 0, "output_tokens": 2, "reasoning_tokens": 0, "x": 1})
        ));
        assert!(fault("RunError", &json!({"code": "DiskFull", "detail": ""})));
        assert!(!fault("RunError", &json!({"code": "disk_full", "detail": ""})));
    }

    #[test]
    fn a_path_finds_its_route() {
        assert_eq!(route("/api/v1/threads").unwrap(), "/api/v1/threads");
        assert_eq!(route("/api/v1/threads/x/runs").unwrap(), "/api/v1/threads/{id}/runs");
        assert_eq!(route("/api/v1/nothing"), None);
    }
}
