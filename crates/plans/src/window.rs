//! Windows that use is counted in.

use std::time::Duration;

use stdx::Timestamp;

use crate::calendar::{Period, day, month};

/// A stretch of time that use is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so many minutes, at every instant anew.
    Rolling {
        /// How many.
        minutes: u32,
    },
    /// From midnight to midnight where the workspace is.
    Day,
    /// From the first to the last of the month where the workspace is.
    Month,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Micro-units of the plan's currency.
    Credits,
    /// Tokens, in and out.
    Tokens,
    /// Requests.
    Requests,
}

/// Something that was used, or is held for a run that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// When it began.
    pub at: Timestamp,
    /// Micro-units of the plan's currency.
    pub credits: u64,
    /// Tokens, in and out.
    pub tokens: u64,
    /// How many requests it was.
    pub requests: u64,
}

impl Use {
    pub(crate) fn of(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Credits => self.credits,
            Measure::Tokens => self.tokens,
            Measure::Requests => self.requests,
        }
    }
}

/// Whether there is room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Now.
    Now,
    /// From this instant on, if nothing else is used until then.
    From(Timestamp),
    /// At no time: it is more than fits an empty window.
    Never,
}

/// How full a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What counts in it.
    pub used: u64,
    /// When some of that counts no more; never, when nothing does.
    pub less_at: Option<Timestamp>,
}

impl Window {
    /// How full it is.
    pub fn fill(self, uses: &[Use], measure: Measure, now: Timestamp, offset_minutes: i32) -> Fill {
        let since = self.counts_since(now, offset_minutes);
        let inside = uses.iter().filter(|used| used.at > since && used.of(measure) > 0);
        let oldest = inside.clone().map(|used| used.at).min();
        let used = inside.fold(0_u64, |sum, used| sum.saturating_add(used.of(measure)));
        let less_at = oldest.map(|oldest| match self {
            Self::Rolling { minutes } => oldest.plus(length(minutes)),
            Self::Day => day(now, offset_minutes).end,
            Self::Month => month(now, offset_minutes).end,
        });
        Fill { used, less_at }
    }

    /// Reads `5h`, `1m`, `day` or `month`; at most a year.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "day" => return Some(Self::Day),
            "month" => return Some(Self::Month),
            _ => {}
        }
        let (number, factor) = match (text.strip_suffix('h'), text.strip_suffix('m')) {
            (Some(hours), _) => (hours, 60),
            (_, Some(minutes)) => (minutes, 1),
            _ => return None,
        };
        let is_number = !number.starts_with('+');
        let minutes = number.parse::<u32>().ok().filter(|_| is_number)?.checked_mul(factor)?;
        (1..=366 * 1_440).contains(&minutes).then_some(Self::Rolling { minutes })
    }

    /// What was used after this instant counts in the window.
    pub fn counts_since(self, now: Timestamp, offset_minutes: i32) -> Timestamp {
        let before = |instant: Timestamp| Timestamp::from_micros(instant.as_micros().saturating_sub(1));
        match self {
            Self::Rolling { minutes } => {
                let length = i64::from(minutes).saturating_mul(60_000_000);
                Timestamp::from_micros(now.as_micros().saturating_sub(length))
            }
            Self::Day => before(day(now, offset_minutes).begin),
            Self::Month => before(month(now, offset_minutes).begin),
        }
    }

    /// The stretch of time in which people are told of a threshold once. That of a rolling window is as long as the window,
    /// one after the other since 1970.
    pub fn period(self, now: Timestamp, offset_minutes: i32) -> Period {
        match self {
            Self::Rolling { minutes } => {
                let length = i64::from(minutes).saturating_mul(60_000_000).max(1);
                let begin = now.as_micros().div_euclid(length).saturating_mul(length);
                let at = Timestamp::from_micros;
                Period { begin: at(begin), end: at(begin.saturating_add(length)) }
            }
            Self::Day => day(now, offset_minutes),
            Self::Month => month(now, offset_minutes),
        }
    }

    /// Whether `more` fits, beside what was used, into a window that holds `most`.
    pub(crate) fn room(self, meter: &Meter<'_>, measure: Measure, most: u64, more: u64) -> Room {
        if more > most {
            return Room::Never;
        }
        let Meter { uses, now, offset_minutes } = *meter;
        let begin = match self {
            Self::Rolling { minutes } => {
                return rolling_room(uses, measure, now, length(minutes), most - more);
            }
            Self::Day => day(now, offset_minutes),
            Self::Month => month(now, offset_minutes),
        };
        let counted = uses.iter().filter(|used| begin.begin <= used.at && used.at < begin.end);
        let sum = counted.fold(0_u64, |sum, used| sum.saturating_add(used.of(measure)));
        if sum <= most - more { Room::Now } else { Room::From(begin.end) }
    }
}

/// As it is read: `5h`, `90m`, `day`, `month`.
impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rolling { minutes } if minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            Self::Rolling { minutes } => write!(f, "{minutes}m"),
            Self::Day => f.write_str("day"),
            Self::Month => f.write_str("month"),
        }
    }
}

/// What was used, at an instant, in a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter<'a> {
    pub(crate) uses: &'a [Use],
    pub(crate) now: Timestamp,
    pub(crate) offset_minutes: i32,
}

fn length(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

/// A use leaves the window when the window's length has passed since it; room is there as soon as no more than `rest` is
/// left in it.
fn rolling_room(uses: &[Use], measure: Measure, now: Timestamp, length: Duration, rest: u64) -> Room {
    let mut inside: Vec<(Timestamp, u64)> = uses
        .iter()
        .map(|used| (used.at.plus(length), used.of(measure)))
        .filter(|(leaves, amount)| *leaves > now && *amount > 0)
        .collect();
    inside.sort_unstable();
    let mut left = inside.iter().fold(0_u64, |sum, (_, amount)| sum.saturating_add(*amount));
    let mut room = Room::Now;
    for (leaves, amount) in inside {
        if left <= rest {
            break;
        }
        left = left.saturating_sub(amount);
        room = Room::From(leaves);
    }
    room
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_795_334_400;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_micros((START + n) * 1_000_000)
    }

    fn used(at: i64, tokens: u64) -> Use {
        Use { at: second(at), credits: 0, tokens, requests: 1 }
    }

    fn room(window: &str, uses: &[Use], now: i64, more: u64) -> Room {
        let meter = Meter { uses, now: second(now), offset_minutes: 480 };
        Window::parse(window).unwrap().room(&meter, Measure::Tokens, 100, more)
    }

    #[test]
    fn five_hours_are_the_last_five_hours() {
        let uses = [used(0, 60), used(3_600, 30)];
        assert_eq!(room("5h", &uses, 4_000, 10), Room::Now);
        assert_eq!(room("5h", &uses, 4_000, 11), Room::From(second(18_000)), "when the first is over");
        assert_eq!(room("5h", &uses, 4_000, 80), Room::From(second(21_600)), "when both are over");
        assert_eq!(room("5h", &uses, 4_000, 101), Room::Never);
        assert_eq!(room("5h", &uses, 18_000, 70), Room::Now);
    }

    #[test]
    fn a_day_ends_at_midnight_where_the_workspace_is() {
        // 2026-11-22T08:00:00Z is 16:00 in Beijing.
        let uses = [used(-17 * 3_600, 100), used(0, 100)];
        assert_eq!(room("day", &uses[..1], 0, 100), Room::Now, "yesterday does not count");
        assert_eq!(room("day", &uses, 0, 1), Room::From(second(8 * 3_600)));
        assert_eq!(room("month", &uses, 0, 1), Room::From(second(8 * 86_400 + 8 * 3_600)));
    }

    #[test]
    fn a_window_says_how_full_it_is_and_when_there_is_less_in_it() {
        let uses = [used(0, 60), used(3_600, 30)];
        let fill =
            |window: &str, now| Window::parse(window).unwrap().fill(&uses, Measure::Tokens, second(now), 480);
        assert_eq!(fill("5h", 4_000), Fill { used: 90, less_at: Some(second(18_000)) });
        assert_eq!(fill("5h", 18_000), Fill { used: 30, less_at: Some(second(21_600)) });
        assert_eq!(fill("5h", 30_000), Fill { used: 0, less_at: None });
        assert_eq!(fill("day", 4_000), Fill { used: 90, less_at: Some(second(8 * 3_600)) });
    }

    #[test]
    fn only_windows_are_windows() {
        assert_eq!(Window::parse("90m"), Some(Window::Rolling { minutes: 90 }));
        for text in ["5h", "90m", "day", "month"] {
            assert_eq!(Window::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "h", "0h", "5", "5d", "-5h", "+5h", "5 h", "99999h", "week"] {
            assert_eq!(Window::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn people_are_told_once_in_a_period() {
        let period = |window: &str, now| {
            let period = Window::parse(window).unwrap().period(second(now), 480);
            (period.begin.as_micros() / 1_000_000 - START, period.end.as_micros() / 1_000_000 - START)
        };
        let (begin, end) = period("5h", 0);
        assert!(begin <= 0 && end > 0 && end - begin == 18_000);
        assert_eq!(period("5h", end - 1), (begin, end));
        assert_eq!(period("5h", end), (end, end + 18_000));
        assert_eq!(period("day", 0), (-16 * 3_600, 8 * 3_600));
    }

    proptest! {
        #[test]
        fn when_the_time_has_come_there_is_room_and_a_moment_before_there_is_not(
            uses in prop::collection::vec((-20_000_i64..0, 0_u64..60), 0..20), more in 0_u64..=100,
        ) {
            let uses: Vec<Use> = uses.into_iter().map(|(at, tokens)| used(at, tokens)).collect();
            for window in ["5h", "1m", "day"] {
                let window = Window::parse(window).unwrap();
                let room = |now| window.room(&Meter { uses: &uses, now, offset_minutes: 480 }, Measure::Tokens, 100, more);
                match room(second(0)) {
                    Room::From(then) => {
                        prop_assert!(then > second(0));
                        prop_assert_eq!(room(then), Room::Now);
                        let before = Timestamp::from_micros(then.as_micros() - 1);
                        prop_assert_eq!(room(before), Room::From(then));
                    }
                    Room::Now => {}
                    Room::Never => prop_assert!(false, "{more} fits an empty window"),
                }
            }
        }
    }
}
