//! Columns at a glance.

use std::collections::HashMap;

use super::cells::{Cells, number_in};
use super::query::{Measure, measured};

/// How many of the commonest texts of a column are told.
const MOST_COMMON: usize = 3;
/// Characters of a cell that are told.
const MOST_CHARACTERS: usize = 60;
/// Columns that are told.
const MOST_TOLD: usize = 40;

/// What stands in each column.
pub(super) fn told(cells: &Cells) -> String {
    let mut lines = vec![format!("{} rows, {} columns.", cells.rows.len(), cells.headers.len())];
    for (index, name) in cells.headers.iter().enumerate().take(MOST_TOLD) {
        lines.push(format!("- {name}: {}", column(cells, index)));
    }
    if cells.headers.len() > MOST_TOLD {
        lines.push(format!("({} more columns)", cells.headers.len() - MOST_TOLD));
    }
    lines.join("\n")
}

fn column(cells: &Cells, index: usize) -> String {
    let filled: Vec<&str> = cells.of_column(index).filter(|cell| !cell.is_empty()).collect();
    let empty = cells.rows.len() - filled.len();
    let empty = if empty == 0 { String::new() } else { format!(", {empty} empty") };
    if filled.is_empty() {
        return format!("nothing{empty}");
    }
    let numbers = filled.iter().filter(|cell| number_in(cell).is_some()).count();
    if numbers == filled.len() {
        let of = |measure| measured(measure, &filled).0;
        return format!(
            "{numbers} numbers{empty}; sum {}, mean {}, median {}, smallest {}, largest {}",
            of(Measure::Sum),
            of(Measure::Mean),
            of(Measure::Median),
            of(Measure::Min),
            of(Measure::Max)
        );
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for cell in &filled {
        *counts.entry(cell).or_default() += 1;
    }
    let distinct = counts.len();
    let mut common: Vec<(&str, usize)> = counts.into_iter().collect();
    common.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let common: Vec<String> = common
        .into_iter()
        .take(MOST_COMMON)
        .map(|(cell, count)| {
            format!("\"{}\" × {count}", cell.chars().take(MOST_CHARACTERS).collect::<String>())
        })
        .collect();
    let mixed = if numbers == 0 { String::new() } else { format!(", {numbers} of them numbers") };
    format!("{} texts{mixed}{empty}; {distinct} different: {}", filled.len(), common.join(", "))
}
