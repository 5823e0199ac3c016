//! What others report of their routers.

use catalog::PerMille;
use serde::{Deserialize, Serialize};

use crate::file::RoutingError;

/// A figure that somebody published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Who.
    pub work: String,
    /// What was routed between what, on which questions.
    pub setting: String,
    /// What is reported, in one line.
    pub reports: String,
    /// The least share of strong calls that recovers half of the gap, where it is told.
    pub cpt_50: Option<PerMille>,
    /// Four fifths of it.
    pub cpt_80: Option<PerMille>,
    /// 95 % of it.
    pub cpt_95: Option<PerMille>,
    /// Where it is known from.
    pub source_url: String,
    /// When it was compared with that.
    pub checked_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishedFile {
    published: Vec<Published>,
}

/// Reads `data/benchmarks/published.toml`.
///
/// # Errors
/// When the text has another shape, or a figure has no source or words.
pub fn published(file: &str, text: &str) -> Result<Vec<Published>, RoutingError> {
    let shape =
        |error: toml::de::Error| RoutingError::Shape { file: file.to_owned(), message: error.to_string() };
    let PublishedFile { published } = toml::from_str(text).map_err(shape)?;
    for (index, figure) in published.iter().enumerate() {
        let wrong = |field: &str, expected: &str, found: &str| {
            Err(RoutingError::value(file, &format!("published[{index}].{field}"), expected, found))
        };
        if !figure.source_url.starts_with("https://") {
            return wrong("source_url", "an address that begins with https://", &figure.source_url);
        }
        let words = [("work", &figure.work), ("setting", &figure.setting), ("reports", &figure.reports)];
        if let Some((field, text)) = words.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return wrong(field, "one line of text", text);
        }
    }
    Ok(published)
}
