//! Hours of the week in a vendor's time.

use serde::Deserialize;
use stdx::Timestamp;

const MINUTES_PER_DAY: i64 = 1_440;
const MINUTES_PER_WEEK: i64 = 7 * MINUTES_PER_DAY;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    const fn index(self) -> i64 {
        match self {
            Self::Mon => 0,
            Self::Tue => 1,
            Self::Wed => 2,
            Self::Thu => 3,
            Self::Fri => 4,
            Self::Sat => 5,
            Self::Sun => 6,
        }
    }
}

/// Minutes of a week, Monday 00:00 first: from one, until before another; an end beyond Sunday goes on at Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    begin: i64,
    length: i64,
}

impl Span {
    /// On one day, from and until in minutes after midnight; an end that is not after the beginning is on the next day.
    pub(super) fn new(day: Day, from: i64, until: i64) -> Self {
        let length = if until > from { until - from } else { until + MINUTES_PER_DAY - from };
        Self { begin: day.index() * MINUTES_PER_DAY + from, length }
    }

    fn covers(self, minute: i64) -> bool {
        (minute - self.begin).rem_euclid(MINUTES_PER_WEEK) < self.length
    }
}

/// When in the week a rule holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Week {
    /// Always.
    All,
    /// In these spans.
    During(Vec<Span>),
    /// Whenever none of these spans is.
    Outside(Vec<Span>),
}

impl Week {
    pub(super) fn covers(&self, minute: i64) -> bool {
        let in_any = |spans: &[Span]| spans.iter().any(|span| span.covers(minute));
        match self {
            Self::All => true,
            Self::During(spans) => in_any(spans),
            Self::Outside(spans) => !in_any(spans),
        }
    }

    /// Whether they leave no minute out, all together.
    pub(super) fn cover_all(weeks: &[&Self]) -> bool {
        weeks.contains(&&Self::All)
            || (0..MINUTES_PER_WEEK).all(|minute| weeks.iter().any(|week| week.covers(minute)))
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        (0..MINUTES_PER_WEEK).any(|minute| self.covers(minute) && other.covers(minute))
    }
}

/// The minute of the week at an instant, where clocks are `offset_seconds` ahead of UTC.
pub(super) fn minute_of_week(instant: Timestamp, offset_seconds: i64) -> i64 {
    let minutes = (instant.as_micros().div_euclid(1_000_000) + offset_seconds).div_euclid(60);
    // 1970-01-01 was a Thursday, the fourth day of its week.
    (minutes + 3 * MINUTES_PER_DAY).rem_euclid(MINUTES_PER_WEEK)
}

/// Minutes after midnight of `09:30`; `24:00` is the end of the day.
pub(super) fn minute_of_day(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| {
        let is_two_digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_two_digits.then(|| part.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= MINUTES_PER_DAY).then_some(minute)
}

/// Seconds east of Greenwich of `+08:00`, at most 14 hours either way.
pub(crate) fn offset_seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    minute_of_day(rest).filter(|minutes| *minutes <= 14 * 60).map(|minutes| sign * minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(text: &str, offset: &str) -> i64 {
        let instant: jiff::Timestamp = text.parse().unwrap();
        minute_of_week(instant.into(), offset_seconds(offset).unwrap())
    }

    #[test]
    fn a_minute_belongs_to_the_vendor_s_week() {
        assert_eq!(minute("2026-11-23T00:00:00Z", "+00:00"), 0, "a Monday");
        assert_eq!(minute("2026-11-22T16:00:00Z", "+08:00"), 0, "Monday has begun in Beijing");
        assert_eq!(minute("2026-11-22T15:59:59Z", "+08:00"), MINUTES_PER_WEEK - 1);
        assert_eq!(minute("2026-11-23T00:30:00Z", "-05:30"), 6 * MINUTES_PER_DAY + 19 * 60);
    }

    #[test]
    fn a_span_may_go_on_after_midnight_and_after_sunday() {
        let night = Span::new(Day::Sun, 22 * 60, 2 * 60);
        assert!(night.covers(6 * MINUTES_PER_DAY + 22 * 60) && night.covers(0) && night.covers(119));
        assert!(!night.covers(120) && !night.covers(6 * MINUTES_PER_DAY + 22 * 60 - 1));
    }

    #[test]
    fn inside_and_outside_share_no_minute_and_leave_none() {
        let spans = vec![Span::new(Day::Mon, 540, 720), Span::new(Day::Sun, 1_320, 60)];
        let (during, outside) = (Week::During(spans.clone()), Week::Outside(spans));
        assert!(!during.overlaps(&outside) && during.overlaps(&Week::All));
        assert!((0..MINUTES_PER_WEEK).all(|minute| during.covers(minute) || outside.covers(minute)));
    }

    #[test]
    fn only_times_of_day_are_read() {
        assert_eq!(minute_of_day("09:30"), Some(570));
        assert_eq!(minute_of_day("24:00"), Some(1_440));
        for bad in ["", "9:30", "09:60", "24:01", "0930", "+9:30", "09:3x"] {
            assert_eq!(minute_of_day(bad), None, "{bad}");
        }
        assert_eq!(offset_seconds("-05:30"), Some(-19_800));
        for bad in ["", "08:00", "+15:00", "Z", "é"] {
            assert_eq!(offset_seconds(bad), None, "{bad}");
        }
    }
}
