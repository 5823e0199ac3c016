//! A table as text.

use dashu_ratio::RBig;

use crate::number;

/// Rows of a table, without the names.
const MOST_ROWS: usize = 50_000;
/// Columns of a table.
const MOST_COLUMNS: usize = 200;

/// The cells of a table.
#[derive(Debug, PartialEq)]
pub(super) struct Cells {
    pub(super) headers: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Cells {
    /// Reads a table whose first row has the names of its columns. What parts the columns is seen in that row.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}').trim_matches(['\n', '\r']);
        let head = text.lines().next().unwrap_or_default();
        let delimiter = match (head.contains('\t'), head.contains(','), head.contains(';')) {
            (true, _, _) => b'\t',
            (_, false, true) => b';',
            _ => b',',
        };
        let mut reader = csv::ReaderBuilder::new();
        let mut reader =
            reader.delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
        let mut rows: Vec<Vec<String>> = Vec::new();
        for (index, row) in reader.records().enumerate() {
            let row = row.map_err(|error| format!("The table cannot be read: {error}."))?;
            let row: Vec<String> = row.iter().map(|cell| cell.trim().to_owned()).collect();
            let width = rows.first().map_or(row.len(), Vec::len);
            if row.len() != width {
                return Err(format!(
                    "Row {} of the table has {} cells and the first one has {width}: put quotes around cells that \
                     contain the separator.",
                    index + 1,
                    row.len()
                ));
            }
            if index > MOST_ROWS {
                return Err(format!("The table has more than {MOST_ROWS} rows."));
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err("The table is empty.".to_owned());
        }
        let headers = rows.remove(0);
        if headers.len() > MOST_COLUMNS {
            return Err(format!("The table has {} columns; at most {MOST_COLUMNS} are read.", headers.len()));
        }
        for (index, name) in headers.iter().enumerate() {
            if name.is_empty() || headers.iter().skip(index + 1).any(|other| other == name) {
                return Err(format!(
                    "The first row must name every column once; column {} is called `{name}`.",
                    index + 1
                ));
            }
        }
        Ok(Self { headers, rows })
    }

    /// Where a column is, by its name or, when only one can be meant, without regard to case.
    pub(super) fn column(&self, name: &str) -> Result<usize, String> {
        position(&self.headers, name)
    }

    /// The cells of a column, from above.
    pub(super) fn of_column(&self, index: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| row.get(index)).map(String::as_str)
    }
}

/// Where a name stands among others.
pub(super) fn position(names: &[String], wanted: &str) -> Result<usize, String> {
    let wanted = wanted.trim();
    if let Some(index) = names.iter().position(|name| name == wanted) {
        return Ok(index);
    }
    let lower = wanted.to_lowercase();
    let mut near = names.iter().enumerate().filter(|(_, name)| name.to_lowercase() == lower);
    match (near.next(), near.next()) {
        (Some((index, _)), None) => Ok(index),
        _ => {
            let all: Vec<String> = names.iter().take(30).map(|name| format!("`{name}`")).collect();
            Err(format!("There is no column `{wanted}`. Columns: {}.", all.join(", ")))
        }
    }
}

/// The number in a cell: digits, groups of thousands, a sign of a currency before them.
pub(super) fn number_in(cell: &str) -> Option<RBig> {
    let cell = cell.trim();
    let (sign, rest) = match cell.strip_prefix('-') {
        Some(rest) => (-RBig::ONE, rest),
        None => (RBig::ONE, cell),
    };
    let bare = rest.trim_start_matches(['¥', '￥', '$', '€', '£']).trim_start();
    if sign != RBig::ONE && bare.starts_with(['-', '+']) {
        return None;
    }
    Some(number::read_grouped(bare)? * sign)
}

/// A table as comma separated text.
pub(super) fn written<'a>(
    headers: &[String],
    rows: impl Iterator<Item = &'a Vec<String>>,
) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let problem = |error: csv::Error| error.to_string();
    writer.write_record(headers).map_err(problem)?;
    for row in rows {
        writer.write_record(row).map_err(problem)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map(|text| text.trim_end().to_owned()).map_err(|error| error.to_string())
}
