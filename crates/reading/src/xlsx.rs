//! Workbooks: the rows of every sheet, cell by cell, so that one cell far out costs no more than one near. A sheet's name
//! stands above it as a heading, its first row as the head of a table.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};

use crate::builder::Builder;
use crate::document::Place;
use crate::docx::title;
use crate::error::{Measure, ReadError};
use crate::package::Package;
use crate::xml::Bounds;

/// Columns that are read; Excel has 16,384, and nobody fills them with words.
const COLUMNS: usize = 1_024;

pub(crate) fn read(bytes: &[u8], builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let kind = builder.kind;
    let mut package = Package::open(bytes, kind, builder.limits)?;
    // The library below unpacks on its own, so everything is unpacked once before, within the limits.
    package.measure()?;
    if let Some(properties) = package.text("docProps/core.xml")? {
        builder.title(&title(&properties, Bounds::of(builder))?);
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| refused(kind, &error))?;
    let sheets = book.sheets_metadata().to_vec();
    Measure::Pages.check(u64::try_from(sheets.len()).unwrap_or(u64::MAX), builder.limits.pages)?;
    for sheet in sheets {
        if sheet.typ != SheetType::WorkSheet || sheet.visible != SheetVisible::Visible {
            continue;
        }
        builder.place = Place::Sheet { name: sheet.name.clone(), row: 1 };
        builder.heading(1, &sheet.name)?;
        let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(|error| refused(kind, &error))?;
        let mut rows = Rows { name: sheet.name, number: None, cells: Vec::new(), header: true };
        while let Some(cell) = cells.next_cell().map_err(|error| refused(kind, &error))? {
            let (row, column) = cell.get_position();
            rows.add(row, column, said(cell.get_value()), builder)?;
        }
        rows.flush(builder)?;
    }
    Ok(())
}

fn refused(kind: crate::FileKind, error: &XlsxError) -> ReadError {
    match error {
        XlsxError::Password => ReadError::Encrypted { kind },
        error => ReadError::broken(kind, error),
    }
}

/// The row that is being put together.
struct Rows {
    name: String,
    number: Option<u32>,
    cells: Vec<String>,
    header: bool,
}

impl Rows {
    fn add(
        &mut self,
        row: u32,
        column: u32,
        said: String,
        builder: &mut Builder<'_>,
    ) -> Result<(), ReadError> {
        if self.number != Some(row) {
            self.flush(builder)?;
            self.number = Some(row);
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if !said.is_empty() && column < COLUMNS {
            if self.cells.len() <= column {
                self.cells.resize(column + 1, String::new());
            }
            if let Some(cell) = self.cells.get_mut(column) {
                *cell = said;
            }
        }
        Ok(())
    }

    fn flush(&mut self, builder: &mut Builder<'_>) -> Result<(), ReadError> {
        let cells = std::mem::take(&mut self.cells);
        if let Some(row) = self.number
            && !cells.is_empty()
        {
            builder.place = Place::Sheet { name: self.name.clone(), row: row.saturating_add(1) };
            // Columns that nobody uses to the left of the table are no part of it.
            let first = cells.iter().position(|cell| !cell.is_empty()).unwrap_or_default();
            let used = cells.iter().filter(|cell| !cell.is_empty()).count();
            builder.row(self.header && used > 1, cells.get(first..).unwrap_or_default())?;
            self.header = false;
        }
        Ok(())
    }
}

/// What a cell shows.
fn said(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => date(moment),
        DataRef::Error(error) => error.to_string(),
    }
}

fn date(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        let seconds = moment.as_f64() * 86_400.0;
        return format!("{}:{:02}", (seconds / 3600.0).trunc(), (seconds / 60.0).trunc() % 60.0);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second) {
        (0, 0, 0) => date,
        (_, _, 0) => format!("{date} {hour:02}:{minute:02}"),
        _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
    }
}
