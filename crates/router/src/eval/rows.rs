//! Reads rows: prompts, and who answers them rightly.

use std::collections::{BTreeMap, BTreeSet};

use money::Rate;
use serde::Deserialize;
use thiserror::Error;

use crate::check::Check;

/// A prompt, and who answers it rightly.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was asked.
    pub prompt: String,
    /// What it is about, as the data set says; the file's name where it does not.
    pub topic: String,
    /// Whether the strong one's answer is right.
    pub strong_correct: bool,
    /// Whether the weak one's is.
    pub weak_correct: bool,
    /// What the strong one's answer cost.
    pub strong_cost: Option<Rate>,
    /// What the weak one's did.
    pub weak_cost: Option<Rate>,
    /// The mean of the natural logarithms of the probabilities of the weak one's tokens, in thousandths.
    pub weak_mean_logprob: Option<i32>,
    /// Several answers of the weak one to the same prompt, drawn by chance.
    pub weak_drafts: Vec<DraftRow>,
    /// By what answers were found right, where the data set says so.
    pub expected: Option<Check>,
}

/// One of several answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftRow {
    /// What it says.
    pub text: String,
    /// Whether it is right.
    pub correct: bool,
}

/// Rows of one or more files.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// In the order of the files.
    pub rows: Vec<Row>,
    /// Who is called strong, and who weak.
    pub named: Named,
}

/// Two columns of right and wrong answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The dearer and better one.
    pub strong: String,
    /// The cheaper one.
    pub weak: String,
}

/// A file of rows.
#[derive(Clone, Copy, Debug)]
pub struct RowFile<'a> {
    /// For messages and topics; a name that ends in `.jsonl` has an object in each line, any other is CSV.
    pub name: &'a str,
    /// What stands in it.
    pub text: &'a str,
}

/// Rows that cannot be right. Nothing of them is used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RowsError {
    /// A line says something else than it should.
    #[error("{file}, line {line}: {message}")]
    Line {
        /// The file.
        file: String,
        /// The line, counted from one.
        line: u64,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// The file as a whole does.
    #[error("{file}: {message}")]
    File {
        /// The file.
        file: String,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// Nothing was read.
    #[error("there are no rows: give a file with the columns prompt, strong_correct and weak_correct")]
    Empty,
    /// Who is strong cannot be told.
    #[error(
        "both models are right as often ({right} of {rows}): say which is which with --strong and --weak ({names})"
    )]
    Equal {
        /// How often both are right.
        right: usize,
        /// Of so many.
        rows: usize,
        /// The names of the columns.
        names: String,
    },
}

/// More could not be counted, nor read in reasonable time.
const MOST_ROWS: usize = 1_000_000;

/// Reads files whose rows belong together. The two columns with right and wrong answers are `strong_correct` and
/// `weak_correct`, those of `named`, or, as in RouteLLM's files, the only two columns beside `prompt` that are neither costs nor
/// topics: then whoever is right more often over all files is the strong one.
///
/// # Errors
/// At the first line that cannot be right.
pub fn read_rows(files: &[RowFile<'_>], named: Option<&Named>) -> Result<Table, RowsError> {
    let mut raw: Vec<RawRow> = Vec::new();
    let mut names: Option<(String, [String; 2])> = None;
    for file in files {
        let (columns, rows) = if file.name.ends_with(".jsonl") {
            ([STRONG.to_owned(), WEAK.to_owned()], read_jsonl(file)?)
        } else {
            read_csv(file, named)?
        };
        match &names {
            Some((first, other)) if *other != columns => {
                let message = format!(
                    "its columns are {}, those of {first} {}",
                    columns.join(" and "),
                    other.join(" and ")
                );
                return Err(file_error(file, message));
            }
            Some(_) => {}
            None => names = Some((file.name.to_owned(), columns)),
        }
        raw.extend(rows);
        if raw.len() > MOST_ROWS {
            return Err(file_error(file, format!("more than {MOST_ROWS} rows in all; give fewer files")));
        }
    }
    let (_, columns) = names.filter(|_| !raw.is_empty()).ok_or(RowsError::Empty)?;
    let first_is_strong = first_is_strong(&raw, &columns, named)?;
    let [first, second] = columns;
    let named = if first_is_strong {
        Named { strong: first, weak: second }
    } else {
        Named { strong: second, weak: first }
    };
    Ok(Table { rows: raw.into_iter().map(|row| row.into_row(first_is_strong)).collect(), named })
}

const STRONG: &str = "strong_correct";
const WEAK: &str = "weak_correct";
/// Columns that are no models.
const OTHERS: [&str; 5] = ["prompt", "topic", "strong_cost", "weak_cost", "weak_mean_logprob"];

/// A row before it is known which of the two is the strong one.
#[derive(Clone, Debug)]
struct RawRow {
    row: Row,
    correct: [bool; 2],
}

impl RawRow {
    fn into_row(self, first_is_strong: bool) -> Row {
        let [first, second] = self.correct;
        let (strong_correct, weak_correct) = if first_is_strong { (first, second) } else { (second, first) };
        Row { strong_correct, weak_correct, ..self.row }
    }
}

fn first_is_strong(rows: &[RawRow], columns: &[String; 2], named: Option<&Named>) -> Result<bool, RowsError> {
    let [first, second] = columns;
    if first == STRONG || named.is_some_and(|named| named.strong == *first) {
        return Ok(true);
    }
    if second == STRONG || named.is_some_and(|named| named.strong == *second) {
        return Ok(false);
    }
    let right = |which: fn(&[bool; 2]) -> bool| rows.iter().filter(|row| which(&row.correct)).count();
    let (one, two) = (right(|[first, _]| *first), right(|[_, second]| *second));
    if one == two {
        return Err(RowsError::Equal { right: one, rows: rows.len(), names: columns.join(", ") });
    }
    Ok(one > two)
}

/// A line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRow {
    prompt: String,
    #[serde(default)]
    topic: String,
    strong_correct: bool,
    weak_correct: bool,
    strong_cost: Option<serde_json::Number>,
    weak_cost: Option<serde_json::Number>,
    weak_mean_logprob: Option<i32>,
    #[serde(default)]
    weak_drafts: Vec<DraftRow>,
    expected: Option<Check>,
}

fn read_jsonl(file: &RowFile<'_>) -> Result<Vec<RawRow>, RowsError> {
    let lines = file.text.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty());
    let rows = lines.map(|(text, line)| {
        let wrong = |message: String| line_error(file, line, message);
        let read: JsonRow = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let cost = |number: Option<serde_json::Number>| {
            number.map(|number| read_cost(&number.to_string()).map_err(wrong)).transpose()
        };
        let topic = if read.topic.is_empty() { file.name.to_owned() } else { read.topic };
        Ok(RawRow {
            correct: [read.strong_correct, read.weak_correct],
            row: Row {
                prompt: read.prompt,
                topic,
                strong_correct: false,
                weak_correct: false,
                strong_cost: cost(read.strong_cost)?,
                weak_cost: cost(read.weak_cost)?,
                weak_mean_logprob: read.weak_mean_logprob,
                weak_drafts: read.weak_drafts,
                expected: read.expected,
            },
        })
    });
    rows.collect()
}

fn read_csv(file: &RowFile<'_>, named: Option<&Named>) -> Result<([String; 2], Vec<RawRow>), RowsError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(file.text.as_bytes());
    let wrong = |error: csv::Error| file_error(file, error.to_string());
    let headers: Vec<String> =
        reader.headers().map_err(wrong)?.iter().map(|it| it.trim().to_owned()).collect();
    let columns = columns(file, &headers, named)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields: BTreeMap<&str, &str> = headers.iter().map(String::as_str).zip(record.iter()).collect();
        let row =
            read_fields(&fields, &columns, file.name).map_err(|message| line_error(file, line, message))?;
        rows.push(row);
    }
    Ok((columns, rows))
}

/// Which two columns say who is right.
fn columns(file: &RowFile<'_>, headers: &[String], named: Option<&Named>) -> Result<[String; 2], RowsError> {
    let has = |name: &str| headers.iter().any(|header| header == name);
    if !has("prompt") {
        return Err(file_error(file, format!("there is no column `prompt`, only {}", headers.join(", "))));
    }
    if let Some(named) = named {
        let missing = [&named.strong, &named.weak].into_iter().find(|name| !has(name));
        return match missing {
            Some(name) => {
                Err(file_error(file, format!("there is no column `{name}`, only {}", headers.join(", "))))
            }
            None => Ok([named.strong.clone(), named.weak.clone()]),
        };
    }
    if has(STRONG) && has(WEAK) {
        return Ok([STRONG.to_owned(), WEAK.to_owned()]);
    }
    // A column without a name is what pandas calls the row.
    let models: BTreeSet<&String> =
        headers.iter().filter(|it| !it.is_empty() && !OTHERS.contains(&it.as_str())).collect();
    match models.iter().collect::<Vec<_>>().as_slice() {
        [one, two] => Ok([(**one).clone(), (**two).clone()]),
        _ => Err(file_error(
            file,
            format!(
                "expected two columns of right and wrong answers beside `prompt`, found {}; name them with --strong and --weak",
                headers.join(", ")
            ),
        )),
    }
}

fn read_fields(
    fields: &BTreeMap<&str, &str>,
    columns: &[String; 2],
    file_name: &str,
) -> Result<RawRow, String> {
    let text = |name: &str| fields.get(name).copied().filter(|text| !text.is_empty());
    let cost = |name: &str| text(name).map(read_cost).transpose();
    let correct = |name: &String| {
        let text = text(name).unwrap_or_default();
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "1.0" => Ok(true),
            "false" | "0" | "0.0" => Ok(false),
            _ => Err(format!("`{name}` is {text:?}; expected True or False")),
        }
    };
    let logprob = text("weak_mean_logprob").map(|text| {
        text.parse::<i32>()
            .map_err(|_| format!("`weak_mean_logprob` is {text:?}; expected whole thousandths"))
    });
    let [first, second] = columns;
    Ok(RawRow {
        correct: [correct(first)?, correct(second)?],
        row: Row {
            prompt: text("prompt").ok_or("there is no prompt")?.to_owned(),
            topic: text("topic").unwrap_or(file_name).to_owned(),
            strong_correct: false,
            weak_correct: false,
            strong_cost: cost("strong_cost")?,
            weak_cost: cost("weak_cost")?,
            weak_mean_logprob: logprob.transpose()?,
            weak_drafts: Vec::new(),
            expected: None,
        },
    })
}

/// A cost is kept exactly to 1e-12 of its currency.
fn read_cost(text: &str) -> Result<Rate, String> {
    Rate::of_number(text).map_err(|error| format!("a cost of {text:?}: {error}"))
}

fn line_error(file: &RowFile<'_>, line: u64, message: String) -> RowsError {
    RowsError::Line { file: file.name.to_owned(), line, message }
}

fn file_error(file: &RowFile<'_>, message: String) -> RowsError {
    RowsError::File { file: file.name.to_owned(), message }
}
