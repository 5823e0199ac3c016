//! A backup: lines of JSON. How it is made up stands in `docs/database.md`.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Lines, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use crate::StoreError;
use crate::migrations::{self, Migration};
use crate::sqlite::{make_private, publish};
use crate::value::Value;

use super::{Digest, Digester, Piece, Pieces, ROWS, Sender, Table, TransferError, arrived};

/// The form of the file.
const FORM: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    hutong_backup: u32,
    /// How many migrations the data has been through.
    data_version: u32,
    /// Microseconds since 1970.
    made_at: i64,
}

/// A line before the rows of a table.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    table: String,
    columns: Vec<String>,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    end: Digest,
}

/// Any line but the first.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Row(Vec<Value>),
    Heading(Heading),
    Ending(Ending),
}

impl Header {
    pub(super) fn new(data_version: usize, made_at: Timestamp) -> Self {
        let data_version = u32::try_from(data_version).unwrap_or(u32::MAX);
        Self { hutong_backup: FORM, data_version, made_at: made_at.as_micros() }
    }

    /// The steps that make the form of this data.
    pub(super) fn steps(&self) -> Result<&'static [Migration], TransferError> {
        let (found, known) = (self.data_version, u32::try_from(migrations::ALL.len()).unwrap_or(u32::MAX));
        let steps = usize::try_from(found).ok().and_then(|count| migrations::ALL.get(..count));
        steps.ok_or_else(|| StoreError::Newer { found, known }.into())
    }
}

/// Writes all that comes.
pub(super) fn write(
    path: &Path,
    header: &Header,
    tables: &[Table],
    pieces: Pieces,
) -> Result<Digest, TransferError> {
    let cannot = |error| TransferError::File(path.display().to_string(), error);
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.part", std::process::id()));
    let unfinished = Path::new(&unfinished);
    if path.exists() {
        return Err(cannot(std::io::ErrorKind::AlreadyExists.into()));
    }
    make_private(unfinished)?;
    let written = File::create(unfinished)
        .map_err(cannot)
        .and_then(|file| write_lines(file, header, tables, pieces, &cannot))
        .and_then(|digest| publish(unfinished, path).map_err(cannot).map(|()| digest));
    if written.is_err() {
        drop(std::fs::remove_file(unfinished));
    }
    written
}

fn write_lines(
    file: File,
    header: &Header,
    tables: &[Table],
    mut pieces: Pieces,
    cannot: &dyn Fn(std::io::Error) -> TransferError,
) -> Result<Digest, TransferError> {
    let mut file = BufWriter::new(file);
    let mut put = |line: &str| file.write_all(line.as_bytes()).map_err(cannot);
    put(&line(header)?)?;
    let mut current = None;
    let mut digester = Digester::new(tables);
    loop {
        match arrived(pieces.blocking_recv())? {
            Piece::Rows(at, rows) => {
                if current.replace(at) != Some(at) {
                    let table = tables.get(at).ok_or_else(|| StoreError::other("a table too many"))?;
                    put(&line(&Heading { table: table.name.clone(), columns: table.columns.clone() })?)?;
                }
                for row in rows {
                    put(&digester.add(at, &row)?)?;
                }
            }
            Piece::End(digest) => {
                digest.compare(&digester.finish())?;
                put(&line(&Ending { end: digest.clone() })?)?;
                file.flush().map_err(cannot)?;
                return Ok(digest);
            }
        }
    }
}

fn line(document: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(document).map(|text| text + "\n").map_err(StoreError::other)
}

/// Reads the first line.
pub(super) fn open(path: &Path) -> Result<(Header, Lines<BufReader<File>>), TransferError> {
    let cannot = |error| TransferError::File(path.display().to_string(), error);
    let mut lines = BufReader::new(File::open(path).map_err(cannot)?).lines();
    let first = lines.next().and_then(Result::ok).unwrap_or_default();
    let header: Header = serde_json::from_str(&first)
        .map_err(|_| TransferError::Damaged("it does not begin as backups of Hutong do".to_owned()))?;
    if header.hutong_backup != FORM {
        let form = header.hutong_backup;
        return Err(TransferError::Damaged(format!("its form is {form}, and this program knows {FORM}")));
    }
    Ok((header, lines))
}

/// Sends all that stands in the file.
pub(super) fn read(lines: Lines<BufReader<File>>, tables: &[Table], to: &Sender) {
    let outcome = read_lines(lines, tables, to);
    drop(to.blocking_send(outcome.map(Piece::End)));
}

fn read_lines(lines: Lines<BufReader<File>>, tables: &[Table], to: &Sender) -> Result<Digest, TransferError> {
    let mut digester = Digester::new(tables);
    let mut current: Option<usize> = None;
    let mut rows = Vec::with_capacity(ROWS);
    let send = |at: Option<usize>, rows: Vec<Vec<Value>>| match at {
        Some(at) if !rows.is_empty() => {
            to.blocking_send(Ok(Piece::Rows(at, rows))).map_err(|_| StoreError::Closed)
        }
        _ => Ok(()),
    };
    for (number, text) in (2_u64..).zip(lines) {
        let broken = |what: &str| TransferError::Damaged(format!("line {number} {what}"));
        let text = text.map_err(|_| broken("cannot be read"))?;
        match serde_json::from_str(&text).map_err(|_| broken("is not one of a backup"))? {
            Line::Row(row) => {
                let at = current.ok_or_else(|| broken("is a row without a table"))?;
                if tables.get(at).is_none_or(|table| table.columns.len() != row.len()) {
                    return Err(broken("has another number of columns"));
                }
                digester.add(at, &row)?;
                rows.push(row);
                if rows.len() == ROWS {
                    send(current, std::mem::take(&mut rows))?;
                }
            }
            Line::Heading(heading) => {
                send(current, std::mem::take(&mut rows))?;
                let found = tables.iter().position(|table| table.name == heading.table);
                current =
                    found.filter(|at| tables.get(*at).is_some_and(|table| table.columns == heading.columns));
                if current.is_none() {
                    return Err(broken("names a table that this data does not have"));
                }
            }
            Line::Ending(Ending { end }) => {
                send(current, rows)?;
                let digest = digester.finish();
                return match digest.compare(&end) {
                    Ok(()) => Ok(digest),
                    Err(_) => Err(TransferError::Damaged("it is not as it was written".to_owned())),
                };
            }
        }
    }
    Err(TransferError::Damaged("its end is missing".to_owned()))
}
