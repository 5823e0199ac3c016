use thiserror::Error;

/// A data file that does not say what it should.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CatalogError {
    /// The text is not of the documented shape: bad TOML, a field that is missing, unknown or of the wrong type.
    #[error("data/{file}: {message}")]
    Shape {
        /// The path below `data/`.
        file: String,
        /// The parser's words, with line and column where it knows them.
        message: String,
    },
    /// A field is there but its value cannot be right.
    #[error("data/{file}: {field}: expected {expected}, found {found:?}")]
    Value {
        /// The path below `data/`.
        file: String,
        /// The field's path inside the file, for example `model[0].sha256`.
        field: String,
        /// What would be accepted.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A file that must be there is not.
    #[error("data/{file}: the file is missing")]
    Missing {
        /// The path below `data/`.
        file: String,
    },
    /// Two rules price the same thing at the same time.
    #[error(
        "data/{file}: {first} and {second} both price `{unit}` of `{pattern}` at the same time; give them different \
         dates, schedules, classes or context lengths"
    )]
    Overlap {
        /// The path below `data/`.
        file: String,
        /// The rule that stands first.
        first: String,
        /// The rule that contradicts it.
        second: String,
        /// What both price.
        unit: money::Unit,
        /// Of which models.
        pattern: String,
    },
    /// The files taken together do not name exactly one default model.
    #[error("data/models: exactly one model must say `default = true`, found {}", found_words(.found))]
    Defaults {
        /// The ids of the models that claim to be the default.
        found: Vec<String>,
    },
}

fn found_words(ids: &[String]) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}
