//! Events that come again.

use jiff::civil::Date;
use ports::PortError;
use serde::Deserialize;

use super::{When, ics};
use crate::wrong;

/// How often an event comes at most.
const MOST_COUNT: u32 = 1_000;
/// The longest step.
const MOST_INTERVAL: u32 = 100;

/// When an event comes again.
#[derive(Deserialize)]
pub(super) struct Repeat {
    every: Every,
    interval: Option<u32>,
    count: Option<u32>,
    until: Option<String>,
    #[serde(default)]
    days: Vec<Day>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Every {
    Day,
    Week,
    Month,
    Year,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Day {
    Mo,
    Tu,
    We,
    Th,
    Fr,
    Sa,
    Su,
}

impl Repeat {
    /// The last day on which it may come, when one is told.
    pub(super) fn last_day(&self) -> Option<Date> {
        self.until.as_deref().and_then(|until| until.trim().parse().ok())
    }

    /// The value of RRULE.
    pub(super) fn rule(&self, when: &When) -> Result<String, PortError> {
        let every = match self.every {
            Every::Day => "DAILY",
            Every::Week => "WEEKLY",
            Every::Month => "MONTHLY",
            Every::Year => "YEARLY",
        };
        let mut rule = format!("FREQ={every}");
        if let Some(interval) = self.interval.filter(|interval| *interval != 1) {
            if !(1..=MOST_INTERVAL).contains(&interval) {
                return Err(wrong(format!("`interval` is 1 to {MOST_INTERVAL}.")));
            }
            rule.push_str(&format!(";INTERVAL={interval}"));
        }
        match (self.count, &self.until) {
            (Some(_), Some(_)) => return Err(wrong("give `count` or `until`, not both.")),
            (Some(count), None) if (1..=MOST_COUNT).contains(&count) => {
                rule.push_str(&format!(";COUNT={count}"))
            }
            (Some(_), None) => return Err(wrong(format!("`count` is 1 to {MOST_COUNT}."))),
            (None, Some(_)) => {
                let last = self.last_day().ok_or_else(|| wrong("`until` is a date: 2026-12-31."))?;
                rule.push_str(&format!(";UNTIL={}", end_of(last, when)?));
            }
            (None, None) => {}
        }
        if !self.days.is_empty() {
            if self.every != Every::Week {
                return Err(wrong("`days` belong to `every: week`."));
            }
            let days: Vec<&str> = self.days.iter().map(|day| day.code()).collect();
            rule.push_str(&format!(";BYDAY={}", days.join(",")));
        }
        Ok(rule)
    }
}

impl Day {
    fn code(self) -> &'static str {
        match self {
            Self::Mo => "MO",
            Self::Tu => "TU",
            Self::We => "WE",
            Self::Th => "TH",
            Self::Fr => "FR",
            Self::Sa => "SA",
            Self::Su => "SU",
        }
    }
}

/// The end of a day in the form that the event's own times have (RFC 5545, 3.3.10).
fn end_of(day: Date, when: &When) -> Result<String, PortError> {
    let evening = day.at(23, 59, 59, 0);
    match when {
        When::Days(..) => Ok(ics::date(day)),
        When::Floating(..) => Ok(ics::local(evening)),
        When::Zoned(begin, _) => {
            let end = begin.time_zone().to_ambiguous_zoned(evening).compatible();
            end.map(|end| ics::utc(end.timestamp())).map_err(|_| wrong("`until` is outside of the calendar."))
        }
    }
}
