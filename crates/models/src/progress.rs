use std::sync::Arc;
use std::time::Duration;

use stdx::Clock;
use tokio::sync::watch;

/// What a pull is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Another process is fetching the same model; its progress is shown.
    Waiting,
    /// Bytes that are already on this machine are being read and hashed.
    Checking,
    /// Bytes come in.
    Fetching,
}

/// How far a pull is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// The source in use, for people.
    pub source: Option<String>,
    /// Bytes on this machine; falls only when a source forces a new beginning.
    pub done_bytes: u64,
    /// Bytes of the whole file.
    pub total_bytes: u64,
    /// Over the last few seconds; 0 while nothing comes in.
    pub bytes_per_second: u64,
    /// At the present speed; absent while there is none.
    pub seconds_left: Option<u64>,
}

impl Progress {
    pub(crate) fn start(total_bytes: u64) -> Self {
        Self {
            phase: Phase::Checking,
            source: None,
            done_bytes: 0,
            total_bytes,
            bytes_per_second: 0,
            seconds_left: None,
        }
    }
}

/// Turns positions into [`Progress`] and sends it to whoever watches.
#[derive(Debug)]
pub(crate) struct Meter {
    clock: Arc<dyn Clock>,
    sender: watch::Sender<Progress>,
    window: std::sync::Mutex<Window>,
}

/// The beginning of the present measurement and the speed of the last finished one.
#[derive(Debug, Default)]
struct Window {
    start: Option<(Duration, u64)>,
    rate: Option<u64>,
}

/// How long one measurement of the speed takes.
const WINDOW: Duration = Duration::from_secs(2);

impl Meter {
    pub(crate) fn new(clock: Arc<dyn Clock>, sender: watch::Sender<Progress>) -> Self {
        Self { clock, sender, window: std::sync::Mutex::default() }
    }

    /// A phase begins at `done` bytes; the speed is measured afresh.
    pub(crate) fn phase(&self, phase: Phase, source: Option<&str>, done: u64) {
        *self.lock() = Window { start: Some((self.clock.monotonic(), done)), rate: None };
        self.sender.send_modify(|progress| {
            progress.phase = phase;
            progress.source = source.map(str::to_owned);
            progress.done_bytes = done;
            progress.bytes_per_second = 0;
            progress.seconds_left = None;
        });
    }

    /// `done` bytes are there now.
    pub(crate) fn reached(&self, done: u64) {
        let rate = self.lock().rate_at(self.clock.monotonic(), done);
        self.sender.send_modify(|progress| {
            progress.done_bytes = done.min(progress.total_bytes);
            progress.bytes_per_second = rate;
            progress.seconds_left =
                progress.total_bytes.saturating_sub(done).checked_div(rate).filter(|_| rate > 0);
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Window {
    fn rate_at(&mut self, now: Duration, done: u64) -> u64 {
        let (since, from) = *self.start.get_or_insert((now, done));
        let elapsed = now.saturating_sub(since);
        let measured = rate(done.saturating_sub(from), elapsed);
        if elapsed < WINDOW {
            return self.rate.or(measured).unwrap_or(0);
        }
        // Half of the old speed smooths the steps between windows.
        let smooth = match (self.rate, measured) {
            (Some(old), Some(new)) => Some((old / 2).saturating_add(new / 2)),
            (old, new) => new.or(old),
        };
        *self = Self { start: Some((now, done)), rate: smooth };
        smooth.unwrap_or(0)
    }
}

/// Bytes per second; nothing for spans too short to measure.
fn rate(bytes: u64, elapsed: Duration) -> Option<u64> {
    let millis = u64::try_from(elapsed.as_millis()).ok().filter(|millis| *millis >= 100)?;
    bytes.saturating_mul(1_000).checked_div(millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stdx::{MockClock, Timestamp};

    #[test]
    fn speed_and_time_left_follow_the_bytes() {
        let clock = MockClock::at(Timestamp::from_micros(0));
        let (sender, watch) = watch::channel(Progress::start(10_000));
        let meter = Meter::new(Arc::new(clock.clone()), sender);
        meter.phase(Phase::Fetching, Some("hf:a/b/c"), 1_000);
        assert_eq!(watch.borrow().seconds_left, None);
        clock.advance(Duration::from_secs(1));
        meter.reached(2_000);
        let expected = Progress {
            phase: Phase::Fetching,
            source: Some("hf:a/b/c".to_owned()),
            done_bytes: 2_000,
            total_bytes: 10_000,
            bytes_per_second: 1_000,
            seconds_left: Some(8),
        };
        assert_eq!(*watch.borrow(), expected);
    }

    #[test]
    fn a_stall_brings_the_speed_down_to_nothing() {
        let clock = MockClock::at(Timestamp::from_micros(0));
        let (sender, watch) = watch::channel(Progress::start(10_000));
        let meter = Meter::new(Arc::new(clock.clone()), sender);
        meter.phase(Phase::Fetching, None, 0);
        for _ in 0..20 {
            clock.advance(Duration::from_secs(3));
            meter.reached(500);
        }
        assert_eq!((watch.borrow().bytes_per_second, watch.borrow().seconds_left), (0, None));
    }

    #[test]
    fn more_than_everything_is_shown_as_everything() {
        let (sender, watch) = watch::channel(Progress::start(10));
        let meter = Meter::new(Arc::new(MockClock::at(Timestamp::from_micros(0))), sender);
        meter.reached(11);
        assert_eq!(watch.borrow().done_bytes, 10);
    }
}
