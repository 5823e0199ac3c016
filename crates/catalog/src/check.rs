//! What a value in a data file must be, and how it is refused when it is not.

use stdx::Timestamp;

use crate::{CatalogError, text};

/// Where in which file a value stands.
pub(crate) struct Check<'a> {
    /// The path below `data/`.
    pub(crate) file: &'a str,
    /// The table's path inside the file.
    pub(crate) table: String,
}

impl Check<'_> {
    pub(crate) fn that(
        &self,
        holds: bool,
        field: &str,
        expected: &str,
        found: &str,
    ) -> Result<(), CatalogError> {
        if holds { Ok(()) } else { Err(self.wrong(field, expected, found)) }
    }

    pub(crate) fn id(&self, field: &str, value: &str) -> Result<(), CatalogError> {
        let expected = "lower-case letters, digits, `.`, `_` and `-`, beginning with a letter or digit";
        self.that(text::is_id(value), field, expected, value)
    }

    pub(crate) fn shown(&self, field: &str, value: &str) -> Result<(), CatalogError> {
        let is_line = !value.trim().is_empty() && !value.chars().any(char::is_control);
        self.that(is_line, field, "one line of text", value)
    }

    pub(crate) fn https(&self, field: &str, value: &str) -> Result<(), CatalogError> {
        let is_url = value.len() > "https://".len()
            && value.starts_with("https://")
            && !value.chars().any(|c| c.is_whitespace() || c.is_control());
        self.that(is_url, field, "an address that begins with https://", value)
    }

    pub(crate) fn date(&self, field: &str, value: &str) -> Result<(), CatalogError> {
        self.that(text::is_date(value), field, "a date such as 2026-11-22", value)
    }

    /// The beginning of a day where clocks are `offset_seconds` ahead of UTC.
    pub(crate) fn midnight(
        &self,
        field: &str,
        date: &str,
        offset_seconds: i64,
    ) -> Result<Timestamp, CatalogError> {
        self.date(field, date)?;
        let wrong = || self.wrong(field, "a date of the calendar", date);
        let day = date.parse::<jiff::civil::Date>().map_err(|_| wrong())?;
        let midnight = jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).map_err(|_| wrong())?;
        Ok(Timestamp::from_micros(midnight.as_microsecond() - offset_seconds * 1_000_000))
    }

    pub(crate) fn wrong(&self, field: &str, expected: &str, found: &str) -> CatalogError {
        CatalogError::Value {
            file: self.file.to_owned(),
            field: format!("{}.{field}", self.table),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}
