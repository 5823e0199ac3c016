//! Filters, groups, measures and order.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use dashu_ratio::RBig;
use serde::Deserialize;

use super::cells::{Cells, number_in, position};
use crate::number;

/// Significant digits of what does not end.
const SHOWN_DIGITS: usize = 15;

#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) text: String,
    #[serde(default, rename = "where")]
    filters: Vec<Filter>,
    #[serde(default)]
    group_by: Vec<String>,
    #[serde(default)]
    compute: Vec<Compute>,
    sort_by: Option<String>,
    #[serde(default)]
    descending: bool,
    pub(super) limit: Option<usize>,
}

#[derive(Deserialize)]
struct Filter {
    column: String,
    is: Relation,
    #[serde(default)]
    value: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Relation {
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    Unequal,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">")]
    More,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "contains")]
    Contains,
    #[serde(rename = "empty")]
    Empty,
    #[serde(rename = "filled")]
    Filled,
}

#[derive(Deserialize)]
struct Compute {
    #[serde(default)]
    column: String,
    what: Measure,
}

/// What is computed of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    Count,
    Sum,
    Mean,
    Median,
    Min,
    Max,
    Distinct,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) headers: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Rows that the filters let through.
    pub(super) matched: usize,
    pub(super) notes: Vec<String>,
}

impl Asked {
    /// True when nothing is asked of the table but what is in it.
    pub(super) fn is_plain(&self) -> bool {
        self.filters.is_empty()
            && self.group_by.is_empty()
            && self.compute.is_empty()
            && self.sort_by.is_none()
            && self.limit.is_none()
    }
}

/// Filters, then groups and computes, then sorts and cuts.
pub(super) fn run(asked: &Asked, cells: &Cells) -> Result<Found, String> {
    let filters = asked.filters.iter().map(|filter| Ok((cells.column(&filter.column)?, filter)));
    let filters: Vec<(usize, &Filter)> = filters.collect::<Result<_, String>>()?;
    let matches = |row: &&Vec<String>| filters.iter().all(|(at, filter)| filter.lets_through(cell(row, *at)));
    let rows: Vec<&Vec<String>> = cells.rows.iter().filter(matches).collect();
    let matched = rows.len();
    let mut found = if asked.group_by.is_empty() && asked.compute.is_empty() {
        let rows = rows.into_iter().cloned().collect();
        Found { headers: cells.headers.clone(), rows, matched, notes: Vec::new() }
    } else {
        grouped(asked, cells, &rows)?
    };
    if let Some(name) = &asked.sort_by {
        let at = position(&found.headers, name)?;
        found.rows.sort_by(|a, b| compared(cell(a, at), cell(b, at)));
        if asked.descending {
            found.rows.reverse();
        }
    }
    if let Some(limit) = asked.limit {
        found.rows.truncate(limit);
    }
    Ok(found)
}

fn cell(row: &[String], at: usize) -> &str {
    row.get(at).map_or("", String::as_str)
}

impl Filter {
    fn lets_through(&self, cell: &str) -> bool {
        let order = || compared_alike(cell, self.value.trim());
        match self.is {
            Relation::Empty => cell.is_empty(),
            Relation::Filled => !cell.is_empty(),
            Relation::Contains => cell.to_lowercase().contains(&self.value.to_lowercase()),
            Relation::Equal => order() == Some(Ordering::Equal),
            Relation::Unequal => order() != Some(Ordering::Equal),
            Relation::Less => order() == Some(Ordering::Less),
            Relation::AtMost => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
            Relation::More => order() == Some(Ordering::Greater),
            Relation::AtLeast => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Numbers with numbers, texts with texts, and nothing with the other.
fn compared_alike(cell: &str, value: &str) -> Option<Ordering> {
    match (number_in(cell), number_in(value)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (None, None) if !cell.is_empty() || value.is_empty() => Some(cell.cmp(value)),
        _ => None,
    }
}

/// Numbers before texts, and what is empty last.
fn compared(a: &str, b: &str) -> Ordering {
    let rank = |cell: &str, is_number: bool| if cell.is_empty() { 2 } else { u8::from(!is_number) };
    match (number_in(a), number_in(b)) {
        (Some(x), Some(y)) => x.cmp(&y),
        (x, y) => rank(a, x.is_some()).cmp(&rank(b, y.is_some())).then_with(|| a.cmp(b)),
    }
}

fn grouped(asked: &Asked, cells: &Cells, rows: &[&Vec<String>]) -> Result<Found, String> {
    let keys: Vec<usize> = asked.group_by.iter().map(|name| cells.column(name)).collect::<Result<_, _>>()?;
    let mut headers: Vec<String> = keys.iter().filter_map(|at| cells.headers.get(*at)).cloned().collect();
    let mut measures: Vec<(Measure, Option<usize>)> = Vec::new();
    for compute in &asked.compute {
        let at = match (compute.what, compute.column.trim()) {
            (Measure::Count, "" | "*") => None,
            (_, name) => Some(cells.column(name)?),
        };
        let column = at.and_then(|at| cells.headers.get(at)).map_or("rows", String::as_str);
        headers.push(format!("{}({column})", compute.what.word()));
        measures.push((compute.what, at));
    }
    if measures.is_empty() {
        headers.push("count(rows)".to_owned());
        measures.push((Measure::Count, None));
    }
    let mut places: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut groups: Vec<(Vec<&str>, Vec<&Vec<String>>)> = Vec::new();
    for row in rows {
        let key: Vec<&str> = keys.iter().map(|at| cell(row, *at)).collect();
        let next = groups.len();
        let place = *places.entry(key.clone()).or_insert(next);
        match groups.get_mut(place) {
            Some((_, members)) => members.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    if keys.is_empty() && groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let mut left_out = vec![0_usize; measures.len()];
    let mut result = Vec::with_capacity(groups.len());
    for (key, members) in groups {
        let mut row: Vec<String> = key.into_iter().map(str::to_owned).collect();
        for ((measure, at), missing) in measures.iter().zip(&mut left_out) {
            let Some(at) = at else {
                row.push(members.len().to_string());
                continue;
            };
            let filled: Vec<&str> =
                members.iter().map(|row| cell(row, *at)).filter(|cell| !cell.is_empty()).collect();
            let (value, skipped) = measured(*measure, &filled);
            *missing += skipped;
            row.push(value);
        }
        result.push(row);
    }
    let notes = headers.iter().skip(keys.len()).zip(left_out).filter(|(_, count)| *count > 0);
    let notes =
        notes.map(|(name, count)| format!("in {name}, {count} cells that are no numbers were left out."));
    Ok(Found { notes: notes.collect(), headers, rows: result, matched: rows.len() })
}

impl Measure {
    fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Min => "min",
            Self::Max => "max",
            Self::Distinct => "distinct",
        }
    }
}

/// A measure of cells that are not empty, and how many of them were no numbers and did not count.
pub(super) fn measured(measure: Measure, filled: &[&str]) -> (String, usize) {
    match measure {
        Measure::Count => return (filled.len().to_string(), 0),
        Measure::Distinct => return (filled.iter().collect::<HashSet<_>>().len().to_string(), 0),
        Measure::Sum | Measure::Mean | Measure::Median | Measure::Min | Measure::Max => {}
    }
    let mut numbers: Vec<RBig> = filled.iter().filter_map(|cell| number_in(cell)).collect();
    let skipped = filled.len() - numbers.len();
    if numbers.is_empty() {
        // Dates and names have a first and a last one, too.
        let text = match measure {
            Measure::Min => filled.iter().min(),
            Measure::Max => filled.iter().max(),
            _ => None,
        };
        return text.map_or((String::new(), skipped), |text| ((*text).to_owned(), 0));
    }
    numbers.sort();
    let count = numbers.len();
    let value = match measure {
        Measure::Min => numbers.first().cloned(),
        Measure::Max => numbers.last().cloned(),
        Measure::Median => median(&numbers),
        _ => {
            let sum = numbers.iter().fold(RBig::ZERO, |sum, number| sum + number);
            Some(if measure == Measure::Mean { sum / RBig::from(count) } else { sum })
        }
    };
    let shown = value.map(|value| number::shown(&value, SHOWN_DIGITS));
    let text = shown.map(|shown| if shown.is_exact { shown.text } else { format!("≈{}", shown.text) });
    (text.unwrap_or_default(), skipped)
}

fn median(sorted: &[RBig]) -> Option<RBig> {
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle)?.clone();
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted.get(middle.checked_sub(1)?)? + upper) / RBig::from(2_u8))
}
