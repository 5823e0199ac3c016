//! Reads `data/prices/<vendor>.toml`.

use std::collections::BTreeMap;

use money::{Currency, Rate, Unit};
use serde::Deserialize;
use stdx::Timestamp;

use super::rule::{Pattern, Rule};
use super::week::{Day, Span, Week, minute_of_day, offset_seconds};
use super::{Prices, ServiceClass, Vendor};
use crate::check::Check;
use crate::{CatalogError, DataTree};

/// Reads `data/prices/*.toml`.
///
/// # Errors
/// At the first file, field or pair of rules that cannot be right; the error says which and what is expected.
pub fn prices(data: &DataTree) -> Result<Prices, CatalogError> {
    let mut prices = Prices::default();
    for (name, text) in data.below("prices") {
        let Some(id) = name.strip_suffix(".toml") else { continue };
        let file = format!("prices/{name}");
        let (vendor, reference) = read_vendor(&file, id, text)?;
        if let Some(model) = reference {
            let check = Check { file: &file, table: "vendor".to_owned() };
            if let Some((first, _)) = &prices.reference {
                return Err(check.wrong("reference", &format!("none: prices/{first}.toml has one"), &model));
            }
            let has_price = vendor.rules.iter().any(|rule| rule.pattern.rank(&model).is_some());
            check.that(has_price, "reference", "a model that has a price in this file", &model)?;
            prices.reference = Some((id.to_owned(), model));
        }
        prices.vendors.insert(id.to_owned(), vendor);
    }
    Ok(prices)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    vendor: VendorTable,
    #[serde(default)]
    schedule: BTreeMap<String, Vec<WindowTable>>,
    price: Vec<PriceTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorTable {
    id: String,
    currency: String,
    utc_offset: String,
    /// What the owner charges for this machine has no source.
    source_url: Option<String>,
    checked_on: String,
    /// The model that savings are compared with; at most one file has it.
    reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowTable {
    days: Vec<Day>,
    from: String,
    until: String,
}

/// Rates that hold under the same conditions: as many rules as models times rates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceTable {
    models: Vec<String>,
    effective_from: String,
    effective_until: Option<String>,
    #[serde(default)]
    class: ServiceClass,
    input_above: Option<u64>,
    input_up_to: Option<u64>,
    during: Option<String>,
    outside: Option<String>,
    /// For how many things the rates are.
    #[serde(default = "one_million")]
    per: u64,
    rates: BTreeMap<Unit, String>,
    source_url: Option<String>,
    checked_on: Option<String>,
}

const fn one_million() -> u64 {
    1_000_000
}

/// The vendor of models that run on this machine.
pub const LOCAL_VENDOR: &str = "local";
const LOCAL_FILE: &str = "prices/local.toml";

type Schedules = BTreeMap<String, Vec<Span>>;

fn read_vendor(file: &str, id: &str, text: &str) -> Result<(Vendor, Option<String>), CatalogError> {
    let shape =
        |error: toml::de::Error| CatalogError::Shape { file: file.to_owned(), message: error.to_string() };
    let PriceFile { vendor, schedule, price } = toml::from_str(text).map_err(shape)?;
    let check = Check { file, table: "vendor".to_owned() };
    check.id("id", &vendor.id)?;
    check.that(vendor.id == id, "id", &format!("`{id}`, as the file is named"), &vendor.id)?;
    match &vendor.source_url {
        Some(url) => check.https("source_url", url)?,
        None => check.that(id == LOCAL_VENDOR, "source_url", "where the prices stand", "none")?,
    }
    check.date("checked_on", &vendor.checked_on)?;
    let currency: Currency = vendor
        .currency
        .parse()
        .map_err(|_| check.wrong("currency", "a currency such as CNY", &vendor.currency))?;
    let offset_seconds = offset_seconds(&vendor.utc_offset)
        .ok_or_else(|| check.wrong("utc_offset", "an offset such as +08:00", &vendor.utc_offset))?;
    let schedules = read_schedules(file, &schedule)?;
    let mut rules: Vec<Rule> = Vec::new();
    for (index, table) in price.iter().enumerate() {
        let check = Check { file, table: format!("price[{index}]") };
        for rule in read_price(&check, table, &schedules, offset_seconds)? {
            if let Some(first) = rules.iter().find(|first| first.overlaps(&rule)) {
                return Err(overlap(first, &rule));
            }
            rules.push(rule);
        }
    }
    Ok((Vendor { currency, offset_seconds, rules }, vendor.reference))
}

fn overlap(first: &Rule, second: &Rule) -> CatalogError {
    CatalogError::Overlap {
        file: second.file.clone(),
        first: first.name.clone(),
        second: second.name.clone(),
        unit: second.unit,
        pattern: second.pattern.to_string(),
    }
}

fn read_schedules(
    file: &str,
    tables: &BTreeMap<String, Vec<WindowTable>>,
) -> Result<Schedules, CatalogError> {
    let mut schedules = Schedules::new();
    for (name, windows) in tables {
        let mut spans = Vec::new();
        for (index, window) in windows.iter().enumerate() {
            let check = Check { file, table: format!("schedule.{name}[{index}]") };
            check.that(!window.days.is_empty(), "days", "at least one day such as \"mon\"", "none")?;
            let minute = |field: &str, text: &str| {
                minute_of_day(text).ok_or_else(|| check.wrong(field, "a time of day such as 09:30", text))
            };
            let (from, until) = (minute("from", &window.from)?, minute("until", &window.until)?);
            check.that(from < 1_440, "from", "a time before 24:00", &window.from)?;
            check.that(from != until, "until", "another time than `from`", &window.until)?;
            spans.extend(window.days.iter().map(|day| Span::new(*day, from, until)));
        }
        schedules.insert(name.clone(), spans);
    }
    Ok(schedules)
}

fn read_price(
    check: &Check<'_>,
    table: &PriceTable,
    schedules: &Schedules,
    offset_seconds: i64,
) -> Result<Vec<Rule>, CatalogError> {
    check_price(check, table)?;
    let from = begin_of(check, "effective_from", &table.effective_from, offset_seconds)?;
    let until = table.effective_until.as_deref();
    let until = until.map(|date| begin_of(check, "effective_until", date, offset_seconds)).transpose()?;
    let is_later = until.is_none_or(|until| until > from);
    check.that(is_later, "effective_until", "a later date than `effective_from`", &table.effective_from)?;
    let week = read_week(check, table, schedules)?;
    let mut rules = Vec::new();
    for model in &table.models {
        // A price for everything: only of one's own machine can this be said.
        let all = (check.file == LOCAL_FILE && model == "*").then(Pattern::all);
        let pattern = Pattern::parse(model)
            .or(all)
            .ok_or_else(|| check.wrong("models", "names, or beginnings that end in `*`", model))?;
        for (unit, text) in &table.rates {
            let rate = Rate::parse(text, table.per).map_err(|error| {
                check.wrong(&format!("rates.{unit}"), "an exact price", &error.to_string())
            })?;
            rules.push(Rule {
                name: check.table.clone(),
                file: check.file.to_owned(),
                pattern: pattern.clone(),
                unit: *unit,
                rate,
                class: table.class,
                from,
                until,
                input_above: table.input_above,
                input_up_to: table.input_up_to,
                week: week.clone(),
            });
        }
    }
    Ok(rules)
}

fn check_price(check: &Check<'_>, table: &PriceTable) -> Result<(), CatalogError> {
    check.that(!table.models.is_empty(), "models", "at least one model", "none")?;
    check.that(!table.rates.is_empty(), "rates", "at least one rate", "none")?;
    check.that(table.per > 0, "per", "how many things the rates are for", "0")?;
    let has_room = match (table.input_above, table.input_up_to) {
        (Some(above), Some(up_to)) => above < up_to,
        _ => true,
    };
    check.that(has_room, "input_up_to", "more tokens than `input_above`", "fewer")?;
    if let Some(url) = &table.source_url {
        check.https("source_url", url)?;
    }
    table.checked_on.as_ref().map_or(Ok(()), |date| check.date("checked_on", date))
}

fn read_week(check: &Check<'_>, table: &PriceTable, schedules: &Schedules) -> Result<Week, CatalogError> {
    let spans = |field: &str, name: &str| {
        schedules
            .get(name)
            .cloned()
            .ok_or_else(|| check.wrong(field, "the name of a schedule in `[schedule]`", name))
    };
    match (&table.during, &table.outside) {
        (None, None) => Ok(Week::All),
        (Some(name), None) => spans("during", name).map(Week::During),
        (None, Some(name)) => spans("outside", name).map(Week::Outside),
        (Some(_), Some(name)) => Err(check.wrong("outside", "either `during` or `outside`", name)),
    }
}

/// Midnight at the vendor's.
fn begin_of(
    check: &Check<'_>,
    field: &str,
    date: &str,
    offset_seconds: i64,
) -> Result<Timestamp, CatalogError> {
    check.date(field, date)?;
    let expected = "a date of the calendar";
    let date_time = date.parse::<jiff::civil::Date>().map_err(|_| check.wrong(field, expected, date))?;
    let midnight = jiff::tz::Offset::UTC
        .to_timestamp(date_time.at(0, 0, 0, 0))
        .map_err(|_| check.wrong(field, expected, date))?;
    let micros = midnight.as_microsecond() - offset_seconds * 1_000_000;
    Ok(Timestamp::from_micros(micros))
}
