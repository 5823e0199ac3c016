//! Time as an argument.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant in UTC with microsecond precision, written as RFC 3339 (`2026-11-22T08:00:00.123456Z`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "jiff::Timestamp", into = "jiff::Timestamp")]
pub struct Timestamp(i64);

impl Timestamp {
    const MAX_MICROS: i64 = 253_402_207_200_000_000;

    /// The latest instant that can be written down (year 9999).
    pub const MAX: Self = Self(Self::MAX_MICROS);

    /// From microseconds since 1970-01-01T00:00:00Z; values outside the years 1970–9999 are clamped.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(0, Self::MAX_MICROS))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant moved forward; saturates at the end of the year 9999.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// The time from `earlier` to this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        jiff::Timestamp::from(*self).fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Timestamp> for jiff::Timestamp {
    fn from(t: Timestamp) -> Self {
        Self::from_microsecond(t.0).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(t: jiff::Timestamp) -> Self {
        Self::from_micros(t.as_microsecond())
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

/// Where the time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The wall clock. It may jump; never measure a span with it.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary fixed point; never goes back.
    fn monotonic(&self) -> Duration;
}

/// The clocks of the machine.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// The machine's clock; its monotonic zero is this call.
    #[expect(clippy::disallowed_methods, reason = "this file is where the global is allowed")]
    pub fn new() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this file is where the global is allowed")]
    fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that a test moves by hand; clones share the time.
#[derive(Clone, Debug)]
pub struct MockClock {
    wall: Arc<AtomicI64>,
    monotonic: Arc<AtomicI64>,
}

impl MockClock {
    /// A clock that stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self { wall: Arc::new(AtomicI64::new(start.as_micros())), monotonic: Arc::default() }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        self.wall.fetch_add(micros, Ordering::SeqCst);
        self.monotonic.fetch_add(micros, Ordering::SeqCst);
    }

    /// Sets the wall clock alone, as a correction of the machine's clock would.
    pub fn jump_to(&self, instant: Timestamp) {
        self.wall.store(instant.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.wall.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.monotonic.load(Ordering::SeqCst)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_rfc_3339_and_read_back() {
        let t = Timestamp::from_micros(1_795_334_400_123_456);
        let text = serde_json::to_string(&t).unwrap();
        assert_eq!(text, "\"2026-11-22T08:00:00.123456Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), t);
    }

    #[test]
    fn spans_saturate_instead_of_wrapping() {
        let t = Timestamp::from_micros(5);
        assert_eq!(t.since(Timestamp::from_micros(9)), Duration::ZERO);
        assert_eq!(t.plus(Duration::MAX).as_micros(), Timestamp::MAX_MICROS);
        assert_eq!(Timestamp::from_micros(-1), Timestamp::from_micros(0));
    }

    #[test]
    fn a_wall_clock_jump_leaves_monotonic_time_alone() {
        let clock = MockClock::at(Timestamp::from_micros(1_000));
        clock.advance(Duration::from_micros(5));
        clock.jump_to(Timestamp::from_micros(3));
        assert_eq!(clock.now(), Timestamp::from_micros(3));
        assert_eq!(clock.monotonic(), Duration::from_micros(5));
    }

    #[test]
    fn the_machine_clock_does_not_go_back() {
        let clock = SystemClock::new();
        let first = clock.monotonic();
        assert!(clock.monotonic() >= first);
        assert!(clock.now() > Timestamp::from_micros(1_700_000_000_000_000));
    }
}
