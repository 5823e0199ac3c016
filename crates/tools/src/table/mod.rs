//! `table`: what stands in a table of text (CSV, TSV): columns at a glance, filters, groups and sums, to the digit.

mod cells;
mod query;
mod summary;

use ports::{PortError, ToolAnswer, ToolFile};

use crate::builtins::{Builtin, Call};
use crate::wrong;
use cells::Cells;
use query::Asked;

/// Rows of a result that a model is told.
const MOST_TOLD: usize = 50;

#[derive(Debug)]
pub(crate) struct Table;

impl Builtin for Table {
    fn answer(&self, call: &Call<'_>) -> Result<ToolAnswer, PortError> {
        let asked: Asked = call.described.arguments(&call.request.arguments)?;
        let cells = Cells::read(&asked.text).map_err(wrong)?;
        if asked.is_plain() {
            return Ok(ToolAnswer::text(summary::told(&cells)));
        }
        let result = query::run(&asked, &cells).map_err(wrong)?;
        let rows = result.rows.len();
        let shown = asked.limit.unwrap_or(MOST_TOLD).min(MOST_TOLD);
        let told = cells::written(&result.headers, result.rows.iter().take(shown)).map_err(wrong)?;
        let mut text = format!("{told}\n{}", counted(&cells, &result, rows.min(shown)));
        for note in &result.notes {
            text.push_str(&format!("\nNote: {note}"));
        }
        if rows <= shown || asked.limit.is_some() {
            return Ok(ToolAnswer::text(text));
        }
        text.push_str("\nThe member gets all of it as the file table.csv.");
        let bytes = cells::written(&result.headers, result.rows.iter()).map_err(wrong)?.into_bytes();
        let file = ToolFile { name: "table.csv".to_owned(), media_type: "text/csv".to_owned(), bytes };
        Ok(ToolAnswer { files: vec![file], ..ToolAnswer::text(text) })
    }
}

fn counted(cells: &Cells, result: &query::Found, shown: usize) -> String {
    let all = cells.rows.len();
    let part = if result.matched == all { String::new() } else { format!("{} of ", result.matched) };
    let cut = match result.rows.len() {
        rows if rows > shown => format!("; {shown} of {rows} result rows are shown"),
        _ => String::new(),
    };
    format!("({part}{all} rows were used{cut})")
}
