//! Days, months and years where the workspace is: at a fixed distance from Greenwich.

use jiff::Span;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
}

/// From one instant, until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub begin: Timestamp,
    /// The first instant of the next one.
    pub end: Timestamp,
}

impl Period {
    /// How much of it is left, as a fraction.
    pub(crate) fn left(self, now: Timestamp) -> (u64, u64) {
        let micros = |span: std::time::Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        (micros(self.end.since(now.max(self.begin))), micros(self.end.since(self.begin)))
    }
}

/// The period of `every` that has `now` in it, when the first one began at `anchor`. A period that begins on the 31st
/// begins on the last day of shorter months, and on the 31st again after them. Before the anchor it is the first one.
pub(crate) fn period(anchor: Timestamp, every: Every, now: Timestamp, offset_minutes: i32) -> Period {
    let start = local(anchor, offset_minutes);
    let here = local(now.max(anchor), offset_minutes);
    let months = i64::from(here.year() - start.year()) * 12 + i64::from(here.month() - start.month());
    let length = match every {
        Every::Month => 1,
        Every::Year => 12,
    };
    let begin = |index: i64| {
        let date = start.saturating_add(Span::new().months(index.saturating_mul(length)));
        instant(date, offset_minutes)
    };
    // The calendar's months are right but for the day of the month and the hour.
    let guess = months.div_euclid(length);
    let index = if begin(guess) > now.max(anchor) { guess - 1 } else { guess };
    Period { begin: begin(index), end: begin(index + 1) }
}

/// The day that has `now` in it.
pub(crate) fn day(now: Timestamp, offset_minutes: i32) -> Period {
    let midnight = local(now, offset_minutes).date().at(0, 0, 0, 0);
    between(midnight, midnight.saturating_add(Span::new().days(1)), offset_minutes)
}

/// The month that has `now` in it.
pub(crate) fn month(now: Timestamp, offset_minutes: i32) -> Period {
    let first = local(now, offset_minutes).date().first_of_month().at(0, 0, 0, 0);
    between(first, first.saturating_add(Span::new().months(1)), offset_minutes)
}

/// The date of an instant.
pub(crate) fn date(instant: Timestamp, offset_minutes: i32) -> Date {
    local(instant, offset_minutes).date()
}

/// The first instant of a date.
pub(crate) fn midnight(date: Date, offset_minutes: i32) -> Timestamp {
    instant(date.at(0, 0, 0, 0), offset_minutes)
}

fn between(begin: DateTime, end: DateTime, offset_minutes: i32) -> Period {
    Period { begin: instant(begin, offset_minutes), end: instant(end, offset_minutes) }
}

/// An offset beyond what exists counts as none.
fn offset(minutes: i32) -> Offset {
    minutes.checked_mul(60).and_then(|seconds| Offset::from_seconds(seconds).ok()).unwrap_or(Offset::UTC)
}

fn local(instant: Timestamp, offset_minutes: i32) -> DateTime {
    offset(offset_minutes).to_datetime(instant.into())
}

fn instant(date: DateTime, offset_minutes: i32) -> Timestamp {
    offset(offset_minutes).to_timestamp(date).unwrap_or(jiff::Timestamp::MAX).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    #[test]
    fn what_begins_on_the_31st_begins_on_the_last_day_of_shorter_months() {
        let anchor = at("2027-01-31T10:00:00+08:00");
        for (now, begin, end) in [
            ("2027-01-31T10:00:00+08:00", "2027-01-31T10:00:00+08:00", "2027-02-28T10:00:00+08:00"),
            ("2027-02-28T09:59:59+08:00", "2027-01-31T10:00:00+08:00", "2027-02-28T10:00:00+08:00"),
            ("2027-02-28T10:00:00+08:00", "2027-02-28T10:00:00+08:00", "2027-03-31T10:00:00+08:00"),
            ("2028-02-29T23:00:00+08:00", "2028-02-29T10:00:00+08:00", "2028-03-31T10:00:00+08:00"),
        ] {
            let expected = Period { begin: at(begin), end: at(end) };
            assert_eq!(period(anchor, Every::Month, at(now), 480), expected, "{now}");
        }
    }

    #[test]
    fn a_leap_day_s_year_ends_on_the_28th() {
        let anchor = at("2028-02-29T00:00:00Z");
        let found = period(anchor, Every::Year, at("2030-01-01T00:00:00Z"), 0);
        let expected = Period { begin: at("2029-02-28T00:00:00Z"), end: at("2030-02-28T00:00:00Z") };
        assert_eq!(found, expected);
    }

    #[test]
    fn days_and_months_begin_at_midnight_where_the_workspace_is() {
        let now = at("2026-11-30T16:30:00Z");
        assert_eq!(day(now, 480).begin, at("2026-11-30T16:00:00Z"));
        assert_eq!(month(now, 480).begin, at("2026-11-30T16:00:00Z"));
        assert_eq!(month(now, 0).end, at("2026-12-01T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_without_gap_or_overlap(
            anchor in 1_700_000_000_i64..2_000_000_000, days in 0_i64..4_000, seconds in 0_i64..86_400, offset in -720_i32..840, yearly: bool,
        ) {
            let every = if yearly { Every::Year } else { Every::Month };
            let now = Timestamp::from_micros((anchor + days * 86_400 + seconds) * 1_000_000);
            let anchor = Timestamp::from_micros(anchor * 1_000_000);
            let this = period(anchor, every, now, offset);
            prop_assert!(this.begin <= now && now < this.end, "{:?}", this);
            let next = period(anchor, every, this.end, offset);
            prop_assert_eq!(next.begin, this.end);
            let last = Timestamp::from_micros(this.end.as_micros() - 1);
            prop_assert_eq!(period(anchor, every, last, offset), this);
        }
    }
}
