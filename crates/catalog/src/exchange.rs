//! Reads `data/exchange/*.toml`: what currencies are worth, as dated facts.

use std::collections::BTreeMap;

use money::{Currency, ExchangeRate, ExchangeRates};
use serde::Deserialize;
use stdx::Timestamp;

use crate::check::Check;
use crate::{CatalogError, DataTree};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExchangeFile {
    /// What the owner agreed on with somebody has no source.
    source_url: Option<String>,
    checked_on: String,
    rate: Vec<RateTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateTable {
    from: String,
    to: String,
    since: String,
    price: String,
}

/// Reads `data/exchange/*.toml`. A rate holds from the beginning of its day (UTC) until a later one of the same pair begins;
/// none is turned round or chained.
///
/// # Errors
/// At the first file or field that cannot be right, or when two rates of one pair begin at the same time.
pub fn exchange(data: &DataTree) -> Result<ExchangeRates, CatalogError> {
    let mut places: BTreeMap<(Currency, Currency, Timestamp), String> = BTreeMap::new();
    let mut rates = Vec::new();
    for (name, text) in data.below("exchange").filter(|(name, _)| name.ends_with(".toml")) {
        let file = format!("exchange/{name}");
        for (index, table) in read(&file, text)?.iter().enumerate() {
            let check = Check { file: &file, table: format!("rate[{index}]") };
            let (key, rate) = read_rate(&check, table)?;
            if let Some(other) = places.insert(key, format!("{file}: rate[{index}]")) {
                let expected = format!("another day than {other} has");
                return Err(check.wrong("since", &expected, &table.since));
            }
            rates.push(rate);
        }
    }
    Ok(ExchangeRates::new(rates))
}

fn read(file: &str, text: &str) -> Result<Vec<RateTable>, CatalogError> {
    let shape =
        |error: toml::de::Error| CatalogError::Shape { file: file.to_owned(), message: error.to_string() };
    let ExchangeFile { source_url, checked_on, rate } = toml::from_str(text).map_err(shape)?;
    let check = Check { file, table: "file".to_owned() };
    check.date("checked_on", &checked_on)?;
    source_url.map_or(Ok(()), |url| check.https("source_url", &url))?;
    Ok(rate)
}

fn read_rate(
    check: &Check<'_>,
    table: &RateTable,
) -> Result<((Currency, Currency, Timestamp), ExchangeRate), CatalogError> {
    let currency = |field: &str, text: &str| -> Result<Currency, CatalogError> {
        text.parse().map_err(|_| check.wrong(field, "a currency such as CNY", text))
    };
    let (from, to) = (currency("from", &table.from)?, currency("to", &table.to)?);
    check.that(from != to, "to", "another currency than `from`", &table.to)?;
    let since = check.midnight("since", &table.since, 0)?;
    let rate = ExchangeRate::new(from, to, since, &table.price)
        .map_err(|error| check.wrong("price", "an exact price above zero", &error.to_string()))?;
    Ok(((from, to, since), rate))
}
