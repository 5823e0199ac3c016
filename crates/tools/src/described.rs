//! A tool as `data/tools/<name>.toml` describes it.

use std::fmt;
use std::sync::Arc;

use catalog::{CatalogError, DataTree};
use jsonschema::Validator;
use ports::{PortError, PortErrorKind, Tool, ToolFacts, ToolSource};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::{Bilingual, ErrorCode, ToolClass};

use crate::arguments;

/// What is known of a tool before it is called, and how its arguments are read.
#[derive(Clone)]
pub struct Described {
    facts: ToolFacts,
    schema: Value,
    rules: Arc<Validator>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolFileText {
    title: Bilingual,
    class: ToolClass,
    source: Source,
    tells_outside: bool,
    is_keyed: bool,
    description: String,
    arguments: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    Inside,
    Outside,
}

impl Described {
    /// Reads `data/tools/<name>.toml`.
    ///
    /// # Errors
    /// When the file is missing, has another shape, says nothing, or describes arguments that no model can be held to.
    pub fn read(data: &DataTree, name: &str) -> Result<Self, CatalogError> {
        let file = format!("tools/{name}.toml");
        let text = data.get(&file).ok_or_else(|| CatalogError::Missing { file: file.clone() })?;
        let shape = |message: String| CatalogError::Shape { file: file.clone(), message };
        let read: ToolFileText = toml::from_str(text).map_err(|error| shape(error.to_string()))?;
        let wrong = |field: &str, expected: &str, found: String| CatalogError::Value {
            file: file.clone(),
            field: field.to_owned(),
            expected: expected.to_owned(),
            found,
        };
        if read.title.is_blank() {
            return Err(wrong("title", "a title in both languages", format!("{:?}", read.title)));
        }
        if read.description.trim().is_empty() {
            return Err(wrong("description", "what the tool is good for", read.description));
        }
        let held = schema::compile(&read.arguments, schema::Manner::Strict);
        let held = held.map_err(|refusal| wrong("arguments", "a schema", refusal.to_string()))?;
        if !held.is_of_objects() {
            return Err(wrong("arguments", "a schema of objects", read.arguments));
        }
        let schema: Value =
            serde_json::from_str(&read.arguments).map_err(|error| shape(error.to_string()))?;
        let rules = jsonschema::validator_for(&schema).map_err(|error| shape(error.to_string()))?;
        let tool = Tool {
            name: name.to_owned(),
            description: read.description.trim().to_owned(),
            parameters: read.arguments.trim().to_owned(),
            strict: true,
        };
        let facts = ToolFacts {
            tool,
            title: read.title,
            class: read.class,
            source: match read.source {
                Source::Inside => ToolSource::Inside,
                Source::Outside => ToolSource::Outside,
            },
            tells_outside: read.tells_outside,
            is_keyed: read.is_keyed,
        };
        Ok(Self { facts, schema, rules: Arc::new(rules) })
    }

    /// What is known before a call.
    pub fn facts(&self) -> &ToolFacts {
        &self.facts
    }

    /// The arguments, from whatever a model wrote: small slips are forgiven where only one thing can be meant.
    ///
    /// # Errors
    /// For the model: what is wrong, and how the arguments must be.
    pub fn arguments<T: DeserializeOwned>(&self, written: &str) -> Result<T, PortError> {
        let value = arguments::read(written, &self.schema, &self.rules).map_err(wrong)?;
        serde_json::from_value(value)
            .map_err(|error| wrong(format!("{error}. {}", arguments::shape(&self.schema))))
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Described").field(&self.facts.tool.name).finish()
    }
}

/// An error of which a model is told, and after which it may try again with other arguments.
pub fn wrong(detail: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Bad, ErrorCode::InvalidRequest, detail)
}
