//! Reads providers' bills: CSV whose columns `data/bills/<vendor>.toml` names.

use std::collections::BTreeMap;

use money::{Currency, Money, Rate, Sum, Unit};
use serde::Deserialize;
use thiserror::Error;

use crate::check::Check;
use crate::prices::offset_seconds;
use crate::{CatalogError, DataTree};

/// Who has no file of their own has this one.
const ANY_VENDOR: &str = "*";

/// How a vendor's bill is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillFormat {
    file: String,
    offset_seconds: i64,
    below_zero: BelowZero,
    currency: Option<Currency>,
    columns: Columns,
}

/// What a cost below zero is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BelowZero {
    /// Something that was given back.
    #[default]
    IsARefund,
    /// A cost all the same.
    IsACost,
}

/// Names that a column may have; the first that is there counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    date: Vec<String>,
    model: Vec<String>,
    cost: Vec<String>,
    #[serde(default)]
    currency: Vec<String>,
    #[serde(default)]
    units: BTreeMap<Unit, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatFile {
    bill: BillTable,
    columns: Columns,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BillTable {
    vendor: String,
    utc_offset: String,
    source_url: Option<String>,
    checked_on: Option<String>,
    /// Of all lines, where no column says it.
    currency: Option<String>,
    #[serde(default)]
    cost_below_zero: BelowZero,
}

/// What a provider says a day of a model cost: all its lines, added up exactly and rounded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// The provider's day: `2026-11-03`.
    pub day: String,
    /// The model in the provider's words.
    pub model: String,
    /// What it cost.
    pub cost: Money,
    /// How many tokens it was, where the bill says so.
    pub tokens: Option<u64>,
}

/// A bill that does not say what it should.
#[derive(Debug, Error)]
pub enum BillError {
    /// It is no CSV.
    #[error("line {line} is no CSV: {message}")]
    Csv {
        /// The line.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A column is not there.
    #[error("the bill has no column {wanted}, only {found}; data/{file} says what each is called")]
    Column {
        /// What was looked for.
        wanted: String,
        /// What is there.
        found: String,
        /// The file that names them.
        file: String,
    },
    /// A value cannot be right.
    #[error("line {line}: {what} is {found:?}; nothing of the bill was used")]
    Value {
        /// The line.
        line: u64,
        /// What of it.
        what: &'static str,
        /// What stands there.
        found: String,
    },
    /// A sum does not fit.
    #[error(transparent)]
    Money(#[from] money::MoneyError),
}

/// How the bill of a vendor is read: as its own file says, else as the plain one does.
///
/// # Errors
/// At the first file or field that cannot be right, or when there is neither file.
pub fn bill_format(data: &DataTree, vendor: &str) -> Result<BillFormat, CatalogError> {
    let mut plain = None;
    for (name, text) in data.below("bills").filter(|(name, _)| name.ends_with(".toml")) {
        let (of, format) = read_format(&format!("bills/{name}"), text)?;
        match of.as_str() {
            of if of == vendor => return Ok(format),
            ANY_VENDOR => plain = Some(format),
            _ => {}
        }
    }
    plain.ok_or_else(|| CatalogError::Missing { file: format!("bills/{vendor}.toml") })
}

fn read_format(file: &str, text: &str) -> Result<(String, BillFormat), CatalogError> {
    let shape =
        |error: toml::de::Error| CatalogError::Shape { file: file.to_owned(), message: error.to_string() };
    let FormatFile { bill, columns } = toml::from_str(text).map_err(shape)?;
    let check = Check { file, table: "bill".to_owned() };
    if bill.vendor != ANY_VENDOR {
        check.id("vendor", &bill.vendor)?;
    }
    let offset_seconds = offset_seconds(&bill.utc_offset)
        .ok_or_else(|| check.wrong("utc_offset", "an offset such as +08:00", &bill.utc_offset))?;
    bill.source_url.map_or(Ok(()), |url| check.https("source_url", &url))?;
    bill.checked_on.map_or(Ok(()), |date| check.date("checked_on", &date))?;
    let currency =
        |text: String| text.parse().map_err(|_| check.wrong("currency", "a currency such as CNY", &text));
    let currency = bill.currency.map(currency).transpose()?;
    let has_currency = currency.is_some() || !columns.currency.is_empty();
    check.that(has_currency, "currency", "a currency here, or a column of it", "neither")?;
    let below_zero = bill.cost_below_zero;
    Ok((bill.vendor, BillFormat { file: file.to_owned(), offset_seconds, below_zero, currency, columns }))
}

/// Where the columns of one bill are.
struct Places {
    date: usize,
    model: usize,
    cost: usize,
    currency: Option<usize>,
    units: Vec<usize>,
}

/// Exact sums of one day of one model.
#[derive(Default)]
struct Total {
    costs: Sum,
    refunds: Sum,
    tokens: Option<u64>,
}

type Totals = BTreeMap<(String, String, Currency), Total>;

impl BillFormat {
    /// How far the bill's days are ahead of UTC.
    pub fn offset_minutes(&self) -> i32 {
        i32::try_from(self.offset_seconds / 60).unwrap_or(0)
    }

    /// Reads a bill: by day, then by model.
    ///
    /// # Errors
    /// At the first line that cannot be right; nothing is guessed or passed over.
    pub fn read(&self, text: &str) -> Result<Vec<BillLine>, BillError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let places = self.places(reader.headers().map_err(of_csv)?)?;
        let mut totals = Totals::new();
        for record in reader.records() {
            self.add(&mut totals, &places, &record.map_err(of_csv)?)?;
        }
        let line = |((day, model, currency), total): ((String, String, Currency), Total)| {
            let refunds = total.refunds.round()?;
            let cost = total.costs.round()?.checked_sub(refunds).ok_or(money::MoneyError::Overflow)?;
            Ok(BillLine { day, model, cost: cost.of(currency), tokens: total.tokens })
        };
        totals.into_iter().map(line).collect()
    }

    fn places(&self, head: &csv::StringRecord) -> Result<Places, BillError> {
        let place =
            |names: &[String]| names.iter().find_map(|name| head.iter().position(|cell| cell == name));
        let must = |names: &[String]| {
            place(names).ok_or_else(|| BillError::Column {
                wanted: format!("`{}`", names.join("` or `")),
                found: format!("`{}`", head.iter().collect::<Vec<_>>().join("`, `")),
                file: self.file.clone(),
            })
        };
        let columns = &self.columns;
        Ok(Places {
            date: must(&columns.date)?,
            model: must(&columns.model)?,
            cost: must(&columns.cost)?,
            currency: if self.currency.is_some() { None } else { Some(must(&columns.currency)?) },
            units: columns.units.values().filter_map(|names| place(names)).collect(),
        })
    }

    fn add(&self, totals: &mut Totals, places: &Places, record: &csv::StringRecord) -> Result<(), BillError> {
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let wrong = |what, place: usize| BillError::Value { line, what, found: cell(place).to_owned() };
        let day = day_of(cell(places.date)).ok_or_else(|| wrong("the date", places.date))?;
        let model = cell(places.model).to_owned();
        let currency = match (self.currency, places.currency) {
            (Some(currency), _) => currency,
            (None, Some(place)) => cell(place).parse().map_err(|_| wrong("the currency", place))?,
            (None, None) => return Err(wrong("the currency", places.cost)),
        };
        let cost = cell(places.cost);
        let (plain, is_below) = cost.strip_prefix('-').map_or((cost, false), |plain| (plain, true));
        let rate = Rate::of_number(plain).map_err(|_| wrong("the cost", places.cost))?;
        let total = totals.entry((day, model, currency)).or_default();
        let sum = match (is_below, self.below_zero) {
            (true, BelowZero::IsARefund) => &mut total.refunds,
            (true, BelowZero::IsACost) | (false, _) => &mut total.costs,
        };
        *sum = std::mem::take(sum).and(rate, 1)?;
        for place in &places.units {
            let text = cell(*place);
            let count = if text.is_empty() { Ok(0) } else { text.parse::<u64>() };
            let count = count.map_err(|_| wrong("the count of tokens", *place))?;
            total.tokens = Some(total.tokens.unwrap_or(0).saturating_add(count));
        }
        Ok(())
    }
}

/// The day of `2026-11-03`, `20261103` or `2026-11-03T08:00:00Z`.
fn day_of(text: &str) -> Option<String> {
    let plain = text.split(['T', ' ']).next().unwrap_or_default();
    let dashed = match (plain.get(..4), plain.get(4..6), plain.get(6..8)) {
        (Some(year), Some(month), Some(day)) if plain.len() == 8 => format!("{year}-{month}-{day}"),
        _ => plain.to_owned(),
    };
    let date: jiff::civil::Date = dashed.parse().ok()?;
    Some(date.to_string())
}

fn of_csv(error: csv::Error) -> BillError {
    let line = error.position().map_or(1, csv::Position::line);
    BillError::Csv { line, message: error.to_string() }
}
