//! Reads `data/routing/<policy>.toml`.

use std::collections::BTreeMap;

use plans::Names;
use serde::Deserialize;
use thiserror::Error;

use crate::policy::{Patience, Policy, Reference, Way};

/// A file of routing that does not say what it should.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RoutingError {
    /// The text is not of the documented shape.
    #[error("{file}: {message}")]
    Shape {
        /// The file.
        file: String,
        /// The parser's words, with line and column where it knows them.
        message: String,
    },
    /// A field is there but its value cannot be right.
    #[error("{file}: {field}: expected {expected}, found {found:?}")]
    Value {
        /// The file.
        file: String,
        /// The field's path inside the file.
        field: String,
        /// What would be accepted.
        expected: String,
        /// What stands there.
        found: String,
    },
}

impl RoutingError {
    pub(crate) fn value(file: &str, field: &str, expected: &str, found: &str) -> Self {
        let (file, field) = (file.to_owned(), field.to_owned());
        Self::Value { file, field, expected: expected.to_owned(), found: found.to_owned() }
    }
}

/// All policies, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies(BTreeMap<String, Policy>);

/// The file with the words of the feature reader, which is no policy.
const SIGNS: &str = "signs.toml";
/// More would let one deployment throw dice for minutes.
const MOST_WEIGHT: u32 = 100;

impl Policies {
    /// Reads the policies of these files: name below `data/routing/`, and text.
    ///
    /// # Errors
    /// At the first file or field that cannot be right; the error says which and what is expected.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, RoutingError> {
        let files = files.into_iter().filter(|(name, _)| name.ends_with(".toml") && *name != SIGNS);
        let read = files.map(|(name, text)| {
            let policy = read_policy(name, text)?;
            Ok((policy.id.clone(), policy))
        });
        read.collect::<Result<_, _>>().map(Self)
    }

    /// The policy of this id.
    pub fn get(&self, id: &str) -> Option<&Policy> {
        self.0.get(id)
    }

    /// All policies, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.0.values()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    id: String,
    name: NamesTable,
    way: Way,
    #[serde(default)]
    patience: Patience,
    reference: Option<Reference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesTable {
    zh: String,
    en: String,
}

fn read_policy(name: &str, text: &str) -> Result<Policy, RoutingError> {
    let file = format!("data/routing/{name}");
    let shape =
        |error: toml::de::Error| RoutingError::Shape { file: file.clone(), message: error.to_string() };
    let PolicyFile { id, name: names, way, patience, reference } = toml::from_str(text).map_err(shape)?;
    let wrong = |field: &str, expected: &str, found: &str| RoutingError::value(&file, field, expected, found);
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    if id != stem {
        return Err(wrong("id", &format!("`{stem}`, as the file is named"), &id));
    }
    for (field, text) in [("name.zh", &names.zh), ("name.en", &names.en)] {
        if text.trim().is_empty() {
            return Err(wrong(field, "one line of text", text));
        }
    }
    check_way(&way).map_err(|(field, expected, found)| wrong(field, expected, &found))?;
    Ok(Policy { id, name: Names { zh: names.zh, en: names.en }, way, patience, reference })
}

/// Which field, what is expected and what stands there.
pub(crate) type Wrong = (&'static str, &'static str, String);

fn check_way(way: &Way) -> Result<(), Wrong> {
    match way {
        Way::Fixed { target } if target.0.trim().is_empty() => {
            Err(("way.target", "a deployment or a model", target.0.clone()))
        }
        Way::FallBack { chain } if chain.is_empty() || chain.iter().any(|it| it.0.trim().is_empty()) => {
            Err(("way.chain", "at least one deployment or model", format!("{chain:?}")))
        }
        Way::Balance { weights } => check_weights(weights.values().copied()),
        Way::Cascade { floor, check, .. } => {
            if floor.usual.is_none() && floor.of.is_empty() {
                return Err(("way.floor", "what is good enough for the last word", "nothing".to_owned()));
            }
            check.validate()
        }
        Way::Fixed { .. } | Way::FallBack { .. } | Way::Cheapest { .. } => Ok(()),
    }
}

fn check_weights(weights: impl Iterator<Item = u32> + Clone) -> Result<(), Wrong> {
    if let Some(heavy) = weights.clone().find(|weight| *weight > MOST_WEIGHT) {
        return Err(("way.weights", "weights from 0 to 100", heavy.to_string()));
    }
    let has_any = weights.into_iter().any(|weight| weight > 0);
    if has_any { Ok(()) } else { Err(("way.weights", "at least one weight above 0", "none".to_owned())) }
}
