//! JSON Schemas that an answer or the arguments of a call must match.
//!
//! The library turns a schema into a grammar, but what it does not know it leaves out in silence, and an answer that
//! does not match would come back as if it did. So a schema is read here first, keyword by keyword, and rewritten into
//! the part of the language whose every word the library enforces. What cannot be rewritten is refused by its name
//! and place ([`Manner::Strict`]), or left out where only an attempt was asked for ([`Manner::Loose`]).
//!
//! | to enforce another keyword | look at |
//! |---|---|
//! | which keywords there are | `keywords.rs` |
//! | of objects, arrays, strings, numbers | `kinds.rs` |
//! | `$ref`, `anyOf`, `oneOf`, `allOf`, `const`, `enum` | `compile.rs` |
//! | regular expressions and formats | `pattern.rs` |
//! | what would never end, or take for ever to read | `bounds.rs` |

mod apart;
mod bounds;
mod compile;
mod keywords;
mod kinds;
mod pattern;
mod shared;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;

use compile::Compiler;
pub use shared::{Shared, closed_object};
pub use tree::{Fields, Json};

/// Bytes of one schema.
const MOST_BYTES: usize = 128 << 10;

/// What becomes of a keyword that cannot be enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// The schema is refused.
    Strict,
    /// The keyword is left out: what comes matches the rest.
    Loose,
}

/// Why a schema is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where, as a JSON pointer in a fragment.
    pub place: String,
    /// What, beginning with the keyword.
    pub problem: String,
}

impl Refusal {
    fn new(place: &str, problem: impl Into<String>) -> Self {
        Self { place: place.to_owned(), problem: problem.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// A schema of which every word is enforced.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    root: Json,
    /// What `#/$defs/d0`, `#/$defs/d1` … stand for.
    definitions: Vec<Json>,
}

impl Schema {
    /// Any object.
    pub fn any_object() -> Self {
        Self { root: Json::field("type", Json::text("object")), definitions: Vec::new() }
    }

    /// The document that the library reads.
    pub fn document(&self) -> String {
        self.whole().to_string()
    }

    fn whole(&self) -> Json {
        let Json::Object(mut fields) = self.root.clone() else { return self.root.clone() };
        if !self.definitions.is_empty() {
            let named = self.definitions.iter().enumerate();
            let named = named.map(|(index, definition)| (compile::name(index), definition.clone()));
            fields.push(("$defs".to_owned(), Json::Object(named.collect())));
        }
        Json::Object(fields)
    }

    /// True when all that matches is an object.
    pub fn is_of_objects(&self) -> bool {
        let mut schema = &self.root;
        for _ in 0..=self.definitions.len() {
            let Some(target) = bounds::target(schema) else { break };
            let Some(found) = self.definitions.get(target) else { break };
            schema = found;
        }
        schema.get("type").and_then(Json::as_text) == Some("object")
    }
}

/// Reads a schema.
///
/// # Errors
/// What is not a schema, what would never end or takes too long to enforce, and, in the strict manner, what cannot be
/// enforced.
pub fn compile(text: &str, manner: Manner) -> Result<Schema, Refusal> {
    if text.len() > MOST_BYTES {
        return Err(Refusal::new("#", format!("more than {MOST_BYTES} bytes")));
    }
    let source: Json = serde_json::from_str(text).map_err(|error| Refusal::new("#", error.to_string()))?;
    let schema = Compiler::new(&source, manner).run()?;
    bounds::check(&schema.root, &schema.definitions)?;
    Ok(schema)
}
