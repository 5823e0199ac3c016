//! `convert`: units, by exact factors from `data/units/`.

use std::collections::BTreeMap;

use catalog::{CatalogError, DataTree};
use dashu_ratio::RBig;
use ports::{PortError, ToolAnswer};
use serde::Deserialize;

use crate::builtins::{Builtin, Call};
use crate::{number, wrong};

/// Significant digits of what does not end.
const SHOWN_DIGITS: usize = 12;
/// Characters of a unit.
const MOST_CHARACTERS: usize = 60;
/// The largest power of a unit.
const MOST_POWER: i32 = 9;

/// How often each base is a factor: length 1 and time -1 for a speed.
type Dimension = BTreeMap<String, i32>;

#[derive(Debug)]
pub(crate) struct Convert {
    units: BTreeMap<String, Unit>,
}

#[derive(Clone, Debug, PartialEq)]
struct Unit {
    dimension: Dimension,
    factor: RBig,
    /// Of temperatures, whose zeros differ.
    offset: RBig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitFile {
    source_url: String,
    dimension: Dimension,
    unit: Vec<UnitTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitTable {
    names: Vec<String>,
    factor: String,
    offset: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    value: String,
    from: String,
    to: String,
}

impl Convert {
    /// Reads `data/units/*.toml`.
    ///
    /// # Errors
    /// At the first file that has another shape, a factor that is no number, or a name that stands twice.
    pub(crate) fn read(data: &DataTree) -> Result<Self, CatalogError> {
        let mut units = BTreeMap::new();
        for (name, text) in data.below("units").filter(|(name, _)| name.ends_with(".toml")) {
            let file = format!("units/{name}");
            let read: UnitFile = toml::from_str(text)
                .map_err(|error| CatalogError::Shape { file: file.clone(), message: error.to_string() })?;
            let wrong = |field: &str, expected: &str, found: &str| CatalogError::Value {
                file: file.clone(),
                field: field.to_owned(),
                expected: expected.to_owned(),
                found: found.to_owned(),
            };
            if !read.source_url.starts_with("https://") {
                return Err(wrong("source_url", "an address that begins with https://", &read.source_url));
            }
            for table in read.unit {
                let exact = |field: &str, text: &str| {
                    fraction(text).ok_or_else(|| wrong(field, "a decimal number or a fraction", text))
                };
                let factor = exact("factor", &table.factor)?;
                let offset = table.offset.as_deref().map_or(Ok(RBig::ZERO), |text| exact("offset", text))?;
                for name in table.names {
                    let unit = Unit {
                        dimension: read.dimension.clone(),
                        factor: factor.clone(),
                        offset: offset.clone(),
                    };
                    if units.insert(name.clone(), unit).is_some() {
                        return Err(wrong("names", "a name that no other unit has", &name));
                    }
                }
            }
        }
        Ok(Self { units })
    }

    /// A unit, or units with `*`, `/` and powers between them.
    fn unit(&self, text: &str) -> Result<Unit, PortError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MOST_CHARACTERS {
            return Err(wrong("A unit is missing or too long. Write for example km/h, m² or °C."));
        }
        if let Some(unit) = self.named(text) {
            return Ok(unit.clone());
        }
        let mut whole = Unit { dimension: Dimension::new(), factor: RBig::ONE, offset: RBig::ZERO };
        for (index, part) in text.split('/').enumerate() {
            for factor in part.split(['*', '·', '×']) {
                let (name, power) = powered(factor.trim());
                let unit = self.named(name).ok_or_else(|| self.unknown(name))?;
                let power = if index == 0 { power } else { -power };
                if !unit.offset.is_zero() {
                    return Err(wrong(format!(
                        "`{name}` has its own zero and cannot be a part of another unit."
                    )));
                }
                whole.factor *= unit.factor.pow(isize::try_from(power).unwrap_or(1));
                for (base, times) in &unit.dimension {
                    *whole.dimension.entry(base.clone()).or_default() += times * power;
                }
            }
        }
        whole.dimension.retain(|_, times| *times != 0);
        Ok(whole)
    }

    /// By the very name; else without regard to case, spaces and a plural, when only one unit can be meant.
    fn named(&self, name: &str) -> Option<&Unit> {
        if let Some(unit) = self.units.get(name) {
            return Some(unit);
        }
        let lower = name.to_lowercase().replace(' ', "_");
        let singular = lower.strip_suffix('s').filter(|rest| rest.len() > 2);
        let is_meant = |known: &str| {
            let known = known.to_lowercase();
            known == lower || singular == Some(known.as_str())
        };
        let mut found = self.units.iter().filter(|(known, _)| is_meant(known)).map(|(_, unit)| unit);
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }

    fn unknown(&self, name: &str) -> PortError {
        let shown: String = name.chars().take(40).collect();
        let mut near: Vec<(usize, &String)> =
            self.units.keys().map(|known| (strsim::damerau_levenshtein(known, &shown), known)).collect();
        near.sort();
        let near: Vec<String> = near.iter().take(3).map(|(_, known)| format!("`{known}`")).collect();
        wrong(format!(
            "There is no unit `{shown}`. Near it: {}. Currencies are not converted here.",
            near.join(", ")
        ))
    }
}

impl Builtin for Convert {
    fn answer(&self, call: &Call<'_>) -> Result<ToolAnswer, PortError> {
        let asked: Asked = call.described.arguments(&call.request.arguments)?;
        let value = number::read_grouped(asked.value.trim()).ok_or_else(|| {
            wrong("`value` is no number. Write digits, such as 12.5, and the unit in `from`.")
        })?;
        let (from, to) = (self.unit(&asked.from)?, self.unit(&asked.to)?);
        if from.dimension != to.dimension {
            return Err(wrong(format!(
                "`{}` is {} and `{}` is {}: these cannot be converted.",
                asked.from.trim(),
                kind(&from.dimension),
                asked.to.trim(),
                kind(&to.dimension)
            )));
        }
        let converted = (value * &from.factor + &from.offset - &to.offset) / &to.factor;
        let shown = number::shown(&converted, SHOWN_DIGITS);
        let (sign, exactness) = if shown.is_exact { ("=", "exact") } else { ("≈", "rounded") };
        Ok(ToolAnswer::text(format!(
            "{} {} {sign} {} {} ({exactness})",
            asked.value.trim(),
            asked.from.trim(),
            shown.text,
            asked.to.trim()
        )))
    }
}

/// `m²`, `m^2` and `m2` with their power.
fn powered(text: &str) -> (&str, i32) {
    if let Some(name) = text.strip_suffix('²') {
        return (name, 2);
    }
    if let Some(name) = text.strip_suffix('³') {
        return (name, 3);
    }
    match text.split_once('^') {
        Some((name, power)) => match power.trim().parse() {
            Ok(power) if (-MOST_POWER..=MOST_POWER).contains(&power) => (name.trim(), power),
            _ => (text, 1),
        },
        None => (text, 1),
    }
}

fn fraction(text: &str) -> Option<RBig> {
    match text.split_once('/') {
        None => number::read(text),
        Some((top, bottom)) => {
            let bottom = number::read(bottom).filter(|bottom| !bottom.is_zero())?;
            Some(number::read(top)? / bottom)
        }
    }
}

fn kind(dimension: &Dimension) -> String {
    if dimension.is_empty() {
        return "a plain number".to_owned();
    }
    let parts = dimension.iter().map(|(base, times)| match times {
        1 => base.clone(),
        times => format!("{base}^{times}"),
    });
    parts.collect::<Vec<_>>().join("·")
}
