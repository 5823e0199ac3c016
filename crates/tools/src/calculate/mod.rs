//! `calculate`: exact arithmetic.
//!
//! Whole numbers, decimals and fractions stay exact however large they grow, up to a limit that is checked before
//! each step and not after it, so that `9^9^9^9` is refused at once. Roots, logarithms and angles are rounded, to far
//! more digits than are shown; the answer says which of both it is.

mod functions;
mod syntax;
mod value;

use ports::{PortError, ToolAnswer};
use serde::Deserialize;

use crate::builtins::{Builtin, Call};
use crate::{number, wrong};
use value::Value;

/// Significant digits of what does not end.
const SHOWN_DIGITS: usize = 15;
/// Digits of a whole number that are shown one by one.
const MOST_SHOWN: usize = 1_000;

#[derive(Debug)]
pub(crate) struct Calculate;

#[derive(Deserialize)]
struct Asked {
    expression: String,
    decimals: Option<usize>,
}

impl Builtin for Calculate {
    fn answer(&self, call: &Call<'_>) -> Result<ToolAnswer, PortError> {
        let asked: Asked = call.described.arguments(&call.request.arguments)?;
        let solved = syntax::evaluate(&asked.expression).map_err(wrong)?;
        let result = result(&solved.value, asked.decimals);
        let notes = solved.notes.into_iter().map(|note| format!("\n{note}"));
        let text = format!("{} {result}{}", asked.expression.trim(), notes.collect::<String>());
        Ok(ToolAnswer::text(text))
    }
}

/// The value of an expression, for whoever tests it.
#[cfg(test)]
fn solve(expression: &str) -> String {
    match syntax::evaluate(expression) {
        Ok(solved) => {
            let notes = solved.notes.into_iter().map(|note| format!(" | {note}"));
            format!("{}{}", result(&solved.value, None), notes.collect::<String>())
        }
        Err(problem) => format!("! {problem}"),
    }
}

fn result(value: &Value, decimals: Option<usize>) -> String {
    let number = match value {
        Value::Rounded(number) => {
            let digits = decimals.map_or(SHOWN_DIGITS, |_| SHOWN_DIGITS + 5);
            let text = value::significant(number, digits);
            let placed =
                decimals.zip(number::read(&text)).map(|(places, exact)| number::fixed(&exact, places));
            return format!("≈ {} (rounded)", placed.unwrap_or(text));
        }
        Value::Exact(number) => number,
    };
    if let Some(places) = decimals {
        let text = number::fixed(number, places);
        let is_whole = number::read(&text).as_ref() == Some(number);
        return if is_whole {
            format!("= {text} (exact)")
        } else {
            format!("≈ {text} (rounded to {places} decimals)")
        };
    }
    let shown = number::shown(number, SHOWN_DIGITS);
    if !shown.is_exact {
        let fraction = number.to_string();
        let fraction = if fraction.len() <= 60 { format!("= {fraction} (exact) ") } else { String::new() };
        return format!("{fraction}≈ {} (rounded)", shown.text);
    }
    if shown.text.len() <= MOST_SHOWN {
        return format!("= {} (exact)", shown.text);
    }
    let digits = shown.text.trim_start_matches('-').len();
    let head = shown.text.get(..50).unwrap_or_default();
    let tail = shown.text.get(shown.text.len() - 20..).unwrap_or_default();
    format!("= {head}…{tail} (exact; {digits} digits, the first 50 and the last 20 are shown)")
}

#[cfg(test)]
mod tests;
