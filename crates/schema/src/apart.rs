//! Whether no value can match two of several schemas.

use std::collections::HashSet;

use super::compile::type_of;
use super::tree::Json;

/// References that are followed.
const FURTHEST: u32 = 32;

/// Schemas that are looked at to find the types of one.
const FUEL: u32 = 1000;

type Types = HashSet<&'static str>;

/// True when types or a constant property tell the schemas apart.
pub(super) fn are(schemas: &[Json], definitions: &[Option<Json>]) -> bool {
    let known: Vec<_> = schemas.iter().map(|schema| (schema, types(schema, definitions))).collect();
    let mut pairs = known
        .iter()
        .enumerate()
        .flat_map(|(index, one)| known.iter().skip(index + 1).map(move |other| (one, other)));
    pairs.all(|((one, a), (other, b))| match (a, b) {
        (Some(a), Some(b)) => have_nothing_in_common(a, b) || are_two(one, other, definitions),
        _ => false,
    })
}

/// The types of what matches a schema; nothing when that cannot be said.
pub(super) fn types(schema: &Json, definitions: &[Option<Json>]) -> Option<Types> {
    let mut found = Types::new();
    let mut fuel = FUEL;
    add_types(schema, definitions, &mut found, &mut fuel).then_some(found)
}

/// False when it cannot be said. Alternatives may lead back to themselves through references: that is found out only
/// later, and here the fuel runs out.
fn add_types(schema: &Json, definitions: &[Option<Json>], found: &mut Types, fuel: &mut u32) -> bool {
    *fuel = fuel.saturating_sub(1);
    let Some(schema) = resolve(schema, definitions).filter(|_| *fuel > 0) else { return false };
    if let Some(values) = schema.get("enum").and_then(Json::as_list) {
        found.extend(values.iter().map(type_of));
        return true;
    }
    if let Some(schemas) = schema.get("anyOf").and_then(Json::as_list) {
        return schemas.iter().all(|schema| add_types(schema, definitions, found, fuel));
    }
    let known = ["object", "array", "string", "number", "integer", "boolean", "null"];
    let word = schema.get("type").and_then(Json::as_text);
    let kind = known.into_iter().find(|kind| Some(*kind) == word);
    found.extend(kind);
    kind.is_some()
}

fn have_nothing_in_common(a: &Types, b: &Types) -> bool {
    let is_number = |kinds: &Types| kinds.contains("number") || kinds.contains("integer");
    a.is_disjoint(b) && !(is_number(a) && is_number(b))
}

fn are_two(one: &Json, other: &Json, definitions: &[Option<Json>]) -> bool {
    let (Some(one), Some(other)) = (resolve(one, definitions), resolve(other, definitions)) else {
        return false;
    };
    match (one.get("enum").and_then(Json::as_list), other.get("enum").and_then(Json::as_list)) {
        (Some(one), Some(other)) => one.iter().all(|value| !other.contains(value)),
        _ => {
            let others = constants(other, definitions);
            constants(one, definitions).iter().any(|(name, values)| {
                let differ = |others: &[Json]| values.iter().all(|value| !others.contains(value));
                others.iter().any(|(same, others)| same == name && differ(others))
            })
        }
    }
}

/// The properties that must be there and whose values are listed.
fn constants<'a>(schema: &'a Json, definitions: &'a [Option<Json>]) -> Vec<(&'a str, &'a [Json])> {
    let required = schema.get("required").and_then(Json::as_list).unwrap_or_default();
    let Some(Json::Object(properties)) = schema.get("properties") else { return Vec::new() };
    let listed = properties.iter().filter_map(|(name, property)| {
        let values = resolve(property, definitions)?.get("enum")?.as_list()?;
        Some((name.as_str(), values))
    });
    listed.filter(|(name, _)| required.iter().any(|word| word.as_text() == Some(name))).collect()
}

/// What a schema says when its references are followed; nothing while that is being read.
fn resolve<'a>(schema: &'a Json, definitions: &'a [Option<Json>]) -> Option<&'a Json> {
    let mut schema = schema;
    for _ in 0..FURTHEST {
        let Some(target) = schema.get("$ref") else { return Some(schema) };
        let index = target.as_text()?.strip_prefix("#/$defs/d")?.parse::<usize>().ok()?;
        schema = definitions.get(index)?.as_ref()?;
    }
    None
}
