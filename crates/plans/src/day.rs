//! Days of the calendar where the workspace is.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use stdx::Timestamp;

use crate::calendar::{date, midnight};

/// A day of the calendar, `2026-11-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Reads `2026-11-22`; `None` when the text is no day.
    pub fn parse(text: &str) -> Option<Self> {
        let is_shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        Date::from_str(text).ok().filter(|_| is_shaped).map(Self)
    }

    /// The day of an instant.
    pub fn of(instant: Timestamp, offset_minutes: i32) -> Self {
        Self(date(instant, offset_minutes))
    }

    /// The first day of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        Self(self.0.first_of_month())
    }

    /// Its first instant.
    pub fn begin(self, offset_minutes: i32) -> Timestamp {
        midnight(self.0, offset_minutes)
    }

    /// The first instant of the next one.
    pub fn end(self, offset_minutes: i32) -> Timestamp {
        midnight(self.0.tomorrow().unwrap_or(Date::MAX), offset_minutes)
    }

    /// How many days from the other one to this; below zero when this one is earlier.
    pub fn days_since(self, other: Self) -> i32 {
        other.0.until(self.0).map_or(i32::MAX, |span| span.get_days())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written_and_nothing_else_is_one() {
        let day = Day::parse("2026-11-22").unwrap();
        assert_eq!(
            (day.to_string().as_str(), day.first_of_month()),
            ("2026-11-22", Day::parse("2026-11-01").unwrap())
        );
        assert_eq!(day.days_since(Day::parse("2025-11-22").unwrap()), 365);
        assert_eq!(Day::parse("2026-11-01").unwrap().days_since(day), -21);
        for bad in ["", "2026-11", "2026-11-31", "2026-1-1", "20261122", "2026-11-22T00:00:00Z"] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_instant_is_in_its_day(seconds in 1_700_000_000_i64..2_000_000_000, offset in -720_i32..840) {
            let instant = Timestamp::from_micros(seconds * 1_000_000);
            let day = Day::of(instant, offset);
            prop_assert!(day.begin(offset) <= instant && instant < day.end(offset));
            prop_assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
    }
}
