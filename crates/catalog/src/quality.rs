//! Reads `data/quality/*.toml`: how well models answer, by class of task.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::check::Check;
use crate::{CatalogError, DataTree};

/// A share between nothing and all, in thousandths. Figures of quality are no finer than that, and integers compare alike
/// everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PerMille(u16);

/// A number that is no share.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a share is a number from 0 to 1 with at most three decimals, such as 0.55")]
pub struct PerMilleError;

impl PerMille {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// All.
    pub const ONE: Self = Self(1_000);

    /// From thousandths.
    ///
    /// # Errors
    /// Above a thousand.
    pub fn new(thousandths: u16) -> Result<Self, PerMilleError> {
        if thousandths <= 1_000 { Ok(Self(thousandths)) } else { Err(PerMilleError) }
    }

    /// In thousandths.
    pub const fn thousandths(self) -> u16 {
        self.0
    }

    /// So many of so many, rounded down; `None` of nothing, or for more than all.
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        let thousandths = u128::from(part).checked_mul(1_000)?.checked_div(u128::from(whole))?;
        u16::try_from(thousandths).ok().and_then(|thousandths| Self::new(thousandths).ok())
    }
}

/// Reads `0.55`.
impl FromStr for PerMille {
    type Err = PerMilleError;

    fn from_str(text: &str) -> Result<Self, PerMilleError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_fit = matches!(whole, "0" | "1")
            && (1..=3).contains(&decimals.len())
            && decimals.bytes().all(|byte| byte.is_ascii_digit());
        let thousandths = format!("{whole}{decimals:0<3}").parse().map_err(|_| PerMilleError)?;
        if is_fit { Self::new(thousandths) } else { Err(PerMilleError) }
    }
}

/// All three decimals: `0.550`.
impl fmt::Display for PerMille {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

impl TryFrom<String> for PerMille {
    type Error = PerMilleError;

    fn try_from(text: String) -> Result<Self, PerMilleError> {
        text.parse()
    }
}

impl From<PerMille> for String {
    fn from(share: PerMille) -> Self {
        share.to_string()
    }
}

/// What kind of thing is asked for. Models that are good at one are not at another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskClass {
    /// Everything that is none of the others: talk, wording, translation.
    #[default]
    General,
    /// What is so: facts of the world.
    Knowledge,
    /// Sums and proofs.
    Math,
    /// Programs, queries, commands.
    Code,
    /// Which tool is called, and how.
    Tools,
    /// What is seen in a picture.
    Vision,
}

impl TaskClass {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::General, Self::Knowledge, Self::Math, Self::Code, Self::Tools, Self::Vision];

    /// The word for it in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Knowledge => "knowledge",
            Self::Math => "math",
            Self::Code => "code",
            Self::Tools => "tools",
            Self::Vision => "vision",
        }
    }
}

/// How well a model answers one class of tasks, and where that is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The share of right answers.
    pub quality: PerMille,
    /// Of which questions, for people: two figures of different questions are neighbours, not a ranking.
    pub benchmark: String,
    /// Where it stands: `quality/routellm.toml: figure[0]`.
    pub place: String,
    /// Where it is known from.
    pub source_url: String,
    /// When it was compared with that.
    pub checked_on: String,
}

/// All figures that are known, by model and class. A model without one is **unrated**: neither bad nor good; no class
/// borrows the figure of another one, and no model that of its family. Where somebody looked and found none, the files say
/// so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qualities {
    figures: BTreeMap<(String, TaskClass), Figure>,
    unrated: BTreeMap<String, String>,
}

impl Qualities {
    /// The figure of a model, by the name under which it is known here.
    pub fn of(&self, model: &str, class: TaskClass) -> Option<&Figure> {
        self.figures.get(&(model.to_owned(), class))
    }

    /// Why a model has no figures, where somebody looked for them.
    pub fn why_unrated(&self, model: &str) -> Option<&str> {
        self.unrated.get(model).map(String::as_str)
    }

    /// All figures: model, class and figure.
    pub fn iter(&self) -> impl Iterator<Item = (&str, TaskClass, &Figure)> {
        self.figures.iter().map(|((model, class), figure)| (model.as_str(), *class, figure))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QualityFile {
    source_url: String,
    checked_on: String,
    #[serde(default)]
    figure: Vec<FigureTable>,
    #[serde(default)]
    unrated: Vec<UnratedTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureTable {
    models: Vec<String>,
    class: TaskClass,
    quality: String,
    benchmark: String,
    source_url: Option<String>,
    checked_on: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnratedTable {
    models: Vec<String>,
    reason: String,
}

/// Reads `data/quality/*.toml`.
///
/// # Errors
/// At the first file or field that cannot be right, or when a model has two figures for one class, or has figures and is
/// said to have none.
pub fn qualities(data: &DataTree) -> Result<Qualities, CatalogError> {
    let mut read = Qualities::default();
    for (name, text) in data.below("quality").filter(|(name, _)| name.ends_with(".toml")) {
        read_file(&format!("quality/{name}"), text, &mut read)?;
    }
    Ok(read)
}

fn read_file(file: &str, text: &str, into: &mut Qualities) -> Result<(), CatalogError> {
    let shape =
        |error: toml::de::Error| CatalogError::Shape { file: file.to_owned(), message: error.to_string() };
    let QualityFile { source_url, checked_on, figure, unrated } = toml::from_str(text).map_err(shape)?;
    let check = Check { file, table: "file".to_owned() };
    check.https("source_url", &source_url)?;
    check.date("checked_on", &checked_on)?;
    for (index, table) in figure.iter().enumerate() {
        let check = Check { file, table: format!("figure[{index}]") };
        let known = read_figure(&check, table, (&source_url, &checked_on))?;
        check.that(!table.models.is_empty(), "models", "at least one model", "none")?;
        for model in &table.models {
            check.shown("models", model)?;
            let is_rated = !into.unrated.contains_key(model);
            check.that(is_rated, "models", "a model that is not said to be unrated", model)?;
            if let Some(other) = into.figures.insert((model.clone(), table.class), known.clone()) {
                return Err(check.wrong("models", &format!("no model of {}", other.place), model));
            }
        }
    }
    for (index, table) in unrated.iter().enumerate() {
        let check = Check { file, table: format!("unrated[{index}]") };
        check.shown("reason", &table.reason)?;
        check.that(!table.models.is_empty(), "models", "at least one model", "none")?;
        for model in &table.models {
            check.shown("models", model)?;
            let is_unrated = into.iter().all(|(rated, _, _)| rated != model);
            check.that(is_unrated, "models", "a model without figures", model)?;
            into.unrated.insert(model.clone(), table.reason.clone());
        }
    }
    Ok(())
}

fn read_figure(
    check: &Check<'_>,
    table: &FigureTable,
    (source_url, checked_on): (&str, &str),
) -> Result<Figure, CatalogError> {
    let quality =
        table.quality.parse().map_err(|_| check.wrong("quality", "a share such as 0.806", &table.quality))?;
    check.shown("benchmark", &table.benchmark)?;
    let source_url = table.source_url.as_deref().unwrap_or(source_url);
    check.https("source_url", source_url)?;
    let checked_on = table.checked_on.as_deref().unwrap_or(checked_on);
    check.date("checked_on", checked_on)?;
    Ok(Figure {
        quality,
        benchmark: table.benchmark.clone(),
        place: format!("{}: {}", check.file, check.table),
        source_url: source_url.to_owned(),
        checked_on: checked_on.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
source_url = "https://example.org/results"
checked_on = "2026-11-23"

[[figure]]
models = ["toy-2", "toy-2-again"]
class = "math"
quality = "0.638"
benchmark = "a hundred sums"

[[unrated]]
models = ["toy-1"]
reason = "nobody has asked it"
"#;

    fn read(text: &str) -> Result<Qualities, CatalogError> {
        qualities(&DataTree::from_files([("quality/toy.toml", text)]))
    }

    #[test]
    fn a_figure_is_of_its_model_and_class_alone() {
        let known = read(GOOD).unwrap();
        let quality = |model, class| known.of(model, class).map(|figure| figure.quality.to_string());
        assert_eq!(quality("toy-2", TaskClass::Math).as_deref(), Some("0.638"));
        assert_eq!(quality("toy-2-again", TaskClass::Math), quality("toy-2", TaskClass::Math));
        assert_eq!(quality("toy-2", TaskClass::Code), None, "no class borrows from another");
        assert_eq!(quality("toy-1", TaskClass::Math), None);
        assert_eq!(known.why_unrated("toy-1"), Some("nobody has asked it"));
        assert_eq!(known.why_unrated("toy-3"), None);
    }

    #[test]
    fn what_cannot_be_right_is_refused_by_its_place() {
        for (from, to, word) in [
            ("\"0.638\"", "\"63.8\"", "figure[0].quality"),
            ("\"toy-2-again\"", "\"toy-2\"", "figure[0].models"),
            ("\"toy-1\"", "\"toy-2\"", "unrated[0].models"),
            ("[\"toy-1\"]", "[]", "unrated[0].models"),
            ("https://example.org", "example.org", "file.source_url"),
            ("2026-11-23", "yesterday", "file.checked_on"),
            ("\"math\"", "\"sums\"", "quality/toy.toml"),
        ] {
            let error = read(&GOOD.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_share_is_read_exactly_or_not_at_all() {
        for (text, thousandths) in [("0", 0), ("1", 1_000), ("0.5", 500), ("0.061", 61), ("1.000", 1_000)] {
            assert_eq!(text.parse::<PerMille>().map(PerMille::thousandths), Ok(thousandths), "{text}");
        }
        for bad in ["", ".5", "1.", "1.001", "0.6181", "-0.1", "0,5", "50%", "NaN", "2", "00.5"] {
            assert_eq!(bad.parse::<PerMille>(), Err(PerMilleError), "{bad}");
        }
        assert_eq!(PerMille::of(2, 3), Some(PerMille(666)));
        assert_eq!((PerMille::of(0, 0), PerMille::of(3, 2)), (None, None));
    }

    #[test]
    fn the_repository_s_figures_can_be_read() {
        let known = qualities(&DataTree::embedded()).unwrap();
        assert!(known.iter().count() > 0);
        for (model, _, figure) in known.iter() {
            assert!(!figure.benchmark.is_empty() && known.why_unrated(model).is_none(), "{model}");
        }
    }
}
