//! Rows with something between the cells: CSV, TSV and their kin.

use crate::builder::Builder;
use crate::document::Place;
use crate::error::ReadError;

/// What may stand between cells, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Lines that are looked at to find out.
const SAMPLE: usize = 20;

pub(crate) fn read(text: &str, builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let delimiter = delimiter(text).unwrap_or(b',');
    let mut header = true;
    for record in reader(text, delimiter).records() {
        let record = record.map_err(|error| ReadError::broken(builder.kind, error))?;
        let row = record.position().map_or(1, csv::Position::line);
        builder.place = Place::Sheet { name: String::new(), row: u32::try_from(row).unwrap_or(u32::MAX) };
        builder.row(header, &record.iter().collect::<Vec<_>>())?;
        header = false;
    }
    Ok(())
}

/// Whether the lines have the same number of cells, more than one, and the first says what they are.
pub(crate) fn looks_like_it(text: &str) -> bool {
    delimiter(text).is_some()
}

fn delimiter(text: &str) -> Option<u8> {
    DELIMITERS.into_iter().find(|delimiter| fits(text, *delimiter))
}

fn fits(text: &str, delimiter: u8) -> bool {
    let mut cells = None;
    let mut rows = 0;
    for record in reader(text, delimiter).records().take(SAMPLE) {
        let Ok(record) = record else { return false };
        // A Markdown table has lines of dashes, and a paragraph of prose has long cells.
        let is_prose = record.iter().any(|cell| cell.starts_with("---") || cell.chars().count() > 1_000);
        if is_prose || *cells.get_or_insert(record.len()) != record.len() {
            return false;
        }
        rows += 1;
    }
    let columns = cells.unwrap_or_default();
    let names_columns = || {
        let head = reader(text, delimiter).records().next().and_then(Result::ok).unwrap_or_default();
        head.iter().all(|cell| !cell.trim().is_empty() && cell.chars().count() <= 60)
            && !head.iter().any(|cell| cell.ends_with(['.', '。', '!', '?']))
    };
    columns > 1 && rows > 1 && names_columns()
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}
