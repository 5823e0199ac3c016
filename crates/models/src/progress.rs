use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    recent: Mutex<Recent>,
}

/// Positions of the last seconds, oldest first.
#[derive(Debug, Default)]
struct Recent(VecDeque<(Duration, u64)>);

/// How far back the speed is measured.
const SPAN: Duration = Duration::from_secs(8);

/// How far apart the remembered positions are.
const STEP: Duration = Duration::from_millis(250);

impl Meter {
    pub(crate) fn new(clock: Arc<dyn Clock>, sender: watch::Sender<Progress>) -> Self {
        Self { clock, sender, recent: Mutex::default() }
    }

    /// A phase begins at `done` bytes; the speed is measured afresh.
    pub(crate) fn phase(&self, phase: Phase, source: Option<&str>, done: u64) {
        *self.lock() = Recent(VecDeque::from([(self.clock.monotonic(), done)]));
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
            progress.seconds_left = progress.total_bytes.saturating_sub(done).checked_div(rate);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn rate_at(&mut self, now: Duration, done: u64) -> u64 {
        if self.0.back().is_none_or(|(last, _)| now.saturating_sub(*last) >= STEP) {
            self.0.push_back((now, done));
        }
        while self.0.get(1).is_some_and(|(second, _)| now.saturating_sub(*second) >= SPAN) {
            self.0.pop_front();
        }
        let (since, from) = self.0.front().copied().unwrap_or((now, done));
        rate(done.saturating_sub(from), now.saturating_sub(since))
    }
}

/// Bytes per second; nothing for spans too short to measure.
fn rate(bytes: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis()).ok().filter(|millis| *millis >= 100);
    millis.and_then(|millis| bytes.saturating_mul(1_000).checked_div(millis)).unwrap_or(0)
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
        clock.advance(Duration::from_secs(1));
        meter.reached(500);
        assert_eq!(watch.borrow().bytes_per_second, 500);
        for _ in 0..10 {
            clock.advance(Duration::from_secs(1));
            meter.reached(500);
        }
        assert_eq!((watch.borrow().bytes_per_second, watch.borrow().seconds_left), (0, None));
    }

    #[test]
    fn the_speed_is_that_of_the_last_seconds_and_little_is_remembered() {
        let clock = MockClock::at(Timestamp::from_micros(0));
        let (sender, watch) = watch::channel(Progress::start(1_000_000));
        let meter = Meter::new(Arc::new(clock.clone()), sender);
        for step in 0..2_000_u64 {
            clock.advance(Duration::from_millis(10));
            // 100 bytes a second at first, 1,000 from the tenth second on.
            meter.reached(step.min(1_000) + step.saturating_sub(1_000) * 10);
        }
        let seen = watch.borrow().bytes_per_second;
        assert!((990..=1_010).contains(&seen), "{seen}");
        assert!(meter.lock().0.len() <= 34);
    }

    #[test]
    fn more_than_everything_is_shown_as_everything() {
        let (sender, watch) = watch::channel(Progress::start(10));
        let meter = Meter::new(Arc::new(MockClock::at(Timestamp::from_micros(0))), sender);
        meter.reached(11);
        assert_eq!(watch.borrow().done_bytes, 10);
    }
}
