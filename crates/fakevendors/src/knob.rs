//! One knob of a model's name: a word, often with a value behind a dash.

use std::time::Duration;

use thiserror::Error;

use crate::script::{At, Retry};

/// More tokens than any answer here has.
const MOST_TOKENS: u32 = 100_000;
/// The longest line.
const MOST_BYTES: u32 = 64 * 1024 * 1024;
/// The longest time.
const LONGEST: Duration = Duration::from_secs(3_600);

/// `name` or `name-value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Knob<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Option<&'a str>,
}

/// A word of a model's name that is no knob.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoKnob {
    /// There is none of this name.
    #[error("there is no knob `{0}`")]
    Unknown(String),
    /// Its value is none.
    #[error("the knob `{name}` takes {wanted}, not `{value}`")]
    Value {
        /// The knob.
        name: String,
        /// What it would take.
        wanted: &'static str,
        /// What it was given.
        value: String,
    },
}

impl<'a> Knob<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, NoKnob> {
        let (name, value) = text.split_once('-').map_or((text, None), |(name, value)| (name, Some(value)));
        if name.is_empty() { Err(NoKnob::Unknown(name.to_owned())) } else { Ok(Self { name, value }) }
    }

    pub(crate) fn wrong(&self, wanted: &'static str) -> NoKnob {
        let value = self.value.unwrap_or("").to_owned();
        NoKnob::Value { name: self.name.to_owned(), wanted, value }
    }

    /// Tokens, or times.
    pub(crate) fn number(&self) -> Result<Option<u32>, NoKnob> {
        self.up_to(MOST_TOKENS, "a number up to 100000")
    }

    pub(crate) fn bytes(&self) -> Result<u32, NoKnob> {
        Ok(self.up_to(MOST_BYTES, "a number of bytes up to 64 MiB")?.unwrap_or(1 << 20))
    }

    fn up_to(&self, most: u32, wanted: &'static str) -> Result<Option<u32>, NoKnob> {
        let Some(value) = self.value else { return Ok(None) };
        let number = value.parse().ok().filter(|number| *number <= most);
        number.map(Some).ok_or_else(|| self.wrong(wanted))
    }

    /// `1500ms` or `3s`.
    pub(crate) fn span(&self) -> Result<Duration, NoKnob> {
        self.value.and_then(span).ok_or_else(|| self.wrong("a time up to an hour, as 1500ms or 3s"))
    }

    /// `20-3s`.
    pub(crate) fn number_and_span(&self) -> Result<(u32, Duration), NoKnob> {
        let read = || {
            let (number, time) = self.value?.split_once('-')?;
            Some((number.parse().ok()?, span(time)?))
        };
        read().ok_or_else(|| self.wrong("tokens and a time, as 20-3s"))
    }

    /// `1500ms`, `3s`, `date-3s` or nothing.
    pub(crate) fn retry(&self) -> Result<Option<Retry>, NoKnob> {
        let Some(value) = self.value else { return Ok(None) };
        let date = value.strip_prefix("date-");
        let read = || {
            let time = span(date.unwrap_or(value))?;
            let millis = u64::try_from(time.as_millis()).ok()?;
            Some(match date {
                Some(_) => Retry::Date(time.as_secs()),
                None if value.ends_with("ms") => Retry::Millis(millis),
                None => Retry::Seconds(time.as_secs()),
            })
        };
        read().map(Some).ok_or_else(|| self.wrong("a time, as 3s, 1500ms or date-3s"))
    }

    pub(crate) fn status(&self) -> Result<Option<u16>, NoKnob> {
        let Some(value) = self.value else { return Ok(None) };
        let status = value.parse().ok().filter(|status| (200..=599).contains(status));
        status.map(Some).ok_or_else(|| self.wrong("a status from 200 to 599"))
    }

    pub(crate) fn at(&self) -> Result<At, NoKnob> {
        let read = |value: &str| match value {
            "half" => Some(At::Half),
            number => number.parse().ok().map(At::Byte),
        };
        self.value.and_then(read).ok_or_else(|| self.wrong("a number of bytes or `half`"))
    }
}

fn span(text: &str) -> Option<Duration> {
    let time = match text.strip_suffix("ms") {
        Some(millis) => Duration::from_millis(millis.parse().ok()?),
        None => Duration::from_secs(text.strip_suffix('s')?.parse().ok()?),
    };
    (time <= LONGEST).then_some(time)
}
