//! Reading documents whose faults are named by their field.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Reads a document.
///
/// # Errors
/// What is wrong with it, beginning with the path of the field.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    // To know the path costs something, and only what cannot be read needs it.
    serde_json::from_slice(body).or_else(|_| read_by_path(body))
}

fn read_by_path<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut document = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut document).map_err(|error| {
        let path = error.path().to_string();
        if path == "." { error.into_inner().to_string() } else { format!("{path}: {}", error.into_inner()) }
    })?;
    document.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// A text, or a list of parts. Parts keep the JSON in them as it stands, which an untagged enum would not.
#[derive(Debug)]
pub enum TextOr<T> {
    /// A text.
    Text(String),
    /// Its parts.
    Parts(Vec<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

struct TextOrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
    type Value = TextOr<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or a list")
    }

    fn visit_str<E>(self, text: &str) -> Result<TextOr<T>, E> {
        Ok(TextOr::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TextOr<T>, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = list.next_element()? {
            parts.push(part);
        }
        Ok(TextOr::Parts(parts))
    }
}

/// The schema of a function without parameters.
pub(crate) const NOTHING: &str = r#"{"type":"object","properties":{}}"#;

/// A schema as text; the one of a function without parameters when there is none.
pub(crate) fn parameters(schema: Option<&RawValue>) -> String {
    schema.map(RawValue::get).filter(|schema| *schema != "{}").unwrap_or(NOTHING).to_owned()
}

/// What is too large becomes infinite, and is refused as out of range.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "the library has no other way")]
pub(crate) fn narrow(number: f64) -> f32 {
    number as f32
}
