//! Which keywords there are, and what they are about.

use super::tree::Json;

/// Say something about a schema and nothing about what matches.
const NOTES: [&str; 14] = [
    "$comment",
    "$id",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "id",
    "readOnly",
    "title",
    "writeOnly",
];

/// Hold other schemas until they are referred to.
const STORES: [&str; 2] = ["$defs", "definitions"];

/// Decide by themselves what matches; only one of them may stand in a schema, and nothing else beside it.
pub(super) const WHOLE: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "const", "enum"];

/// What a schema of one type can say.
pub(super) const OBJECT: [&str; 3] = ["properties", "required", "additionalProperties"];
/// As above.
pub(super) const ARRAY: [&str; 5] = ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"];
/// As above.
pub(super) const STRING: [&str; 4] = ["pattern", "format", "minLength", "maxLength"];
/// As above.
pub(super) const NUMBER: [&str; 5] =
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

/// True for what does not change what matches.
pub(super) fn is_note(keyword: &str) -> bool {
    NOTES.contains(&keyword) || keyword.starts_with("x-")
}

/// True for what holds other schemas.
pub(super) fn is_store(keyword: &str) -> bool {
    STORES.contains(&keyword)
}

/// True for what is understood here with the value that it has.
pub(super) fn is_enforced(keyword: &str, value: &Json) -> bool {
    is_known(keyword) && (keyword != "uniqueItems" || *value == Json::Bool(false))
}

/// True for what is understood here at all.
pub(super) fn is_known(keyword: &str) -> bool {
    let lists: [&[&str]; 5] = [&WHOLE, &OBJECT, &ARRAY, &STRING, &NUMBER];
    keyword == "type"
        || is_note(keyword)
        || is_store(keyword)
        || lists.iter().any(|list| list.contains(&keyword))
}
