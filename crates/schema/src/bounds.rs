//! Refuses what would never end, and what would take a grammar for ever to read.

use std::collections::HashSet;

use super::Refusal;
use super::compile::name;
use super::tree::Json;

/// Alternatives that are open at one place.
const MOST_ALTERNATIVES: usize = 512;

/// Looks at a schema and its definitions as a whole.
pub(super) fn check(root: &Json, definitions: &[Json]) -> Result<(), Refusal> {
    let mut seen = vec![None; definitions.len()];
    let mut breadths = vec![None; definitions.len()];
    for index in 0..definitions.len() {
        if leads_back(index, definitions, &mut seen) {
            return Err(Refusal::new("#", "`$ref`: leads back to itself before anything is written"));
        }
    }
    let all = || definitions.iter().chain([root]);
    if all().any(|schema| widest(schema, definitions, &mut breadths) > MOST_ALTERNATIVES) {
        return Err(Refusal::new("#", format!("more than {MOST_ALTERNATIVES} alternatives at one place")));
    }
    let ending = endings(definitions);
    if !all().all(|schema| ends(schema, &ending)) {
        return Err(Refusal::new("#", "`$ref`: what matches would never end"));
    }
    Ok(())
}

/// The definition that a schema refers to.
pub(super) fn target(schema: &Json) -> Option<usize> {
    schema.get("$ref")?.as_text()?.strip_prefix("#/$defs/d")?.parse().ok()
}

fn alternatives(schema: &Json) -> &[Json] {
    schema.get("anyOf").and_then(Json::as_list).unwrap_or_default()
}

/// The definitions that a schema may turn into before anything is written.
fn direct(schema: &Json) -> Vec<usize> {
    let nested = alternatives(schema).iter().flat_map(direct);
    target(schema).into_iter().chain(nested).collect()
}

/// `seen` says of a definition: nothing yet, on the way (true), or done (false).
fn leads_back(index: usize, definitions: &[Json], seen: &mut [Option<bool>]) -> bool {
    match seen.get(index).copied().flatten() {
        Some(on_the_way) => return on_the_way,
        None => mark(seen, index, true),
    }
    let next = definitions.get(index).map(direct).unwrap_or_default();
    let found = next.into_iter().any(|next| leads_back(next, definitions, seen));
    mark(seen, index, false);
    found
}

fn mark<T>(marks: &mut [Option<T>], index: usize, value: T) {
    if let Some(place) = marks.get_mut(index) {
        *place = Some(value);
    }
}

/// The most alternatives that are open at one place of a schema or below.
fn widest(schema: &Json, definitions: &[Json], breadths: &mut [Option<usize>]) -> usize {
    let own = breadth(schema, definitions, breadths);
    children(schema).into_iter().map(|child| widest(child, definitions, breadths)).fold(own, usize::max)
}

/// The alternatives that are open where a schema begins, each counted as often as it can be reached.
fn breadth(schema: &Json, definitions: &[Json], known: &mut [Option<usize>]) -> usize {
    if let Some(index) = target(schema) {
        if let Some(breadth) = known.get(index).copied().flatten() {
            return breadth;
        }
        let found = definitions.get(index).map_or(1, |schema| breadth(schema, definitions, known));
        mark(known, index, found);
        return found;
    }
    let nested = alternatives(schema).iter();
    let sum = nested.fold(0_usize, |sum, schema| sum.saturating_add(breadth(schema, definitions, known)));
    sum.max(1)
}

/// The definitions of which something that ends matches.
fn endings(definitions: &[Json]) -> HashSet<String> {
    let mut ending = HashSet::new();
    loop {
        let before = ending.len();
        for (index, schema) in definitions.iter().enumerate() {
            if ends(schema, &ending) {
                ending.insert(name(index));
            }
        }
        if ending.len() == before {
            return ending;
        }
    }
}

/// Whether something that ends matches, when these definitions are known to.
fn ends(schema: &Json, ending: &HashSet<String>) -> bool {
    if let Some(target) = schema.get("$ref").and_then(Json::as_text) {
        return target.strip_prefix("#/$defs/").is_some_and(|name| ending.contains(name));
    }
    if let Some(schemas) = schema.get("anyOf").and_then(Json::as_list) {
        return schemas.iter().any(|schema| ends(schema, ending));
    }
    let required = schema.get("required").and_then(Json::as_list).unwrap_or_default();
    let properties = required.iter().filter_map(|word| schema.get("properties")?.get(word.as_text()?));
    let places = schema.get("prefixItems").and_then(Json::as_list).unwrap_or_default();
    let items = schema.get("items").filter(|_| schema.get("minItems").is_some());
    properties.chain(places).chain(items).all(|schema| ends(schema, ending))
}

/// The schemas within a schema that are written after something else.
fn children(schema: &Json) -> Vec<&Json> {
    let list = |word: &str| schema.get(word).and_then(Json::as_list).unwrap_or_default();
    let properties = match schema.get("properties") {
        Some(Json::Object(properties)) => properties.as_slice(),
        _ => &[],
    };
    let single = [schema.get("items"), schema.get("additionalProperties")];
    let single = single.into_iter().flatten().filter(|schema| matches!(schema, Json::Object(_)));
    let lists = list("anyOf").iter().chain(list("prefixItems"));
    properties.iter().map(|(_, schema)| schema).chain(single).chain(lists).collect()
}
