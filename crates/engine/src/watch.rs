//! Decides from signs of life whether a worker is well. Counts ticks, not time: when the whole machine or this
//! process was paused, a worker must not be blamed for it.

use std::time::Duration;

use crate::config::EngineLimits;
use crate::protocol::Heartbeat;

/// How often the host looks; workers give a sign as often.
pub(crate) const TICK: Duration = Duration::from_millis(500);

/// While a model is loaded the disk may keep the whole process waiting.
const LOADING_FACTOR: u32 = 10;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    /// Nobody has asked for a long time.
    Idle,
    /// End it; the text says why.
    Broken(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Absent,
    Loading,
    Ready,
}

/// What is known of a worker's health.
#[derive(Debug)]
pub(crate) struct Watch {
    limits: EngineLimits,
    phase: Phase,
    /// Ticks in this phase.
    loading: u32,
    silent: u32,
    stalled: u32,
    idle: u32,
    last: Heartbeat,
}

impl Watch {
    pub(crate) fn new(limits: &EngineLimits) -> Self {
        let last = Heartbeat::default();
        Self { limits: *limits, phase: Phase::Absent, loading: 0, silent: 0, stalled: 0, idle: 0, last }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    pub(crate) fn started(&mut self) {
        *self = Self { phase: Phase::Loading, ..Self::new(&self.limits) };
    }

    pub(crate) fn ready(&mut self) {
        *self = Self { phase: Phase::Ready, ..Self::new(&self.limits) };
    }

    pub(crate) fn ended(&mut self) {
        *self = Self::new(&self.limits);
    }

    /// A frame of any kind came.
    pub(crate) fn heard(&mut self) {
        self.silent = 0;
    }

    pub(crate) fn beat(&mut self, heartbeat: Heartbeat) {
        if heartbeat.progress != self.last.progress || !heartbeat.busy {
            self.stalled = 0;
        }
        self.last = heartbeat;
    }

    /// Call once every [`TICK`].
    pub(crate) fn tick(&mut self, has_worker: bool, has_requests: bool) -> Verdict {
        if !has_worker {
            return Verdict::Fine;
        }
        self.silent = self.silent.saturating_add(1);
        match self.phase {
            Phase::Absent => return Verdict::Fine,
            Phase::Loading => self.loading = self.loading.saturating_add(1),
            Phase::Ready if self.last.busy => self.stalled = self.stalled.saturating_add(1),
            Phase::Ready => {}
        }
        self.idle = if has_requests || self.last.busy { 0 } else { self.idle.saturating_add(1) };
        let factor = if self.phase == Phase::Loading { LOADING_FACTOR } else { 1 };
        if self.silent > ticks(self.limits.silence).saturating_mul(factor) {
            Verdict::Broken("it gave no sign of life")
        } else if self.stalled > ticks(self.limits.stall) {
            Verdict::Broken("its computation did not get on")
        } else if self.loading > ticks(self.limits.load) {
            Verdict::Broken("loading took too long")
        } else if self.phase == Phase::Ready && self.idle > ticks(self.limits.idle) {
            Verdict::Idle
        } else {
            Verdict::Fine
        }
    }
}

fn ticks(span: Duration) -> u32 {
    u32::try_from(span.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Watch {
        let mut watch = Watch::new(&EngineLimits::default());
        watch.started();
        watch.ready();
        watch
    }

    fn ticks_until_broken(watch: &mut Watch, mut before: impl FnMut(&mut Watch, u64)) -> Option<u64> {
        (0..2000).find(|n| {
            before(watch, *n);
            matches!(watch.tick(true, true), Verdict::Broken(_))
        })
    }

    #[test]
    fn silence_is_noticed_within_two_seconds_and_a_tick() {
        assert_eq!(ticks_until_broken(&mut ready(), |_, _| {}), Some(4));
    }

    #[test]
    fn loading_may_be_silent_for_longer() {
        let mut watch = Watch::new(&EngineLimits::default());
        watch.started();
        assert_eq!(ticks_until_broken(&mut watch, |_, _| {}), Some(40));
    }

    #[test]
    fn a_worker_that_beats_but_does_not_get_on_is_broken() {
        let broken = ticks_until_broken(&mut ready(), |watch, _| {
            watch.heard();
            watch.beat(Heartbeat { progress: 7, busy: true, ..Heartbeat::default() });
        });
        assert_eq!(broken, Some(120));
    }

    #[test]
    fn a_worker_that_gets_on_slowly_is_well() {
        let broken = ticks_until_broken(&mut ready(), |watch, n| {
            watch.heard();
            watch.beat(Heartbeat { progress: n / 100, busy: true, ..Heartbeat::default() });
        });
        assert_eq!(broken, None);
    }

    #[test]
    fn loading_ends_at_some_time() {
        let limits = EngineLimits { load: Duration::from_secs(5), ..EngineLimits::default() };
        let mut watch = Watch::new(&limits);
        watch.started();
        assert_eq!(ticks_until_broken(&mut watch, |watch, _| watch.heard()), Some(10));
    }

    #[test]
    fn an_idle_model_is_given_up_and_a_used_one_is_not() {
        let limits = EngineLimits { idle: Duration::from_secs(1), ..EngineLimits::default() };
        let mut watch = Watch::new(&limits);
        watch.started();
        watch.ready();
        for _ in 0..10 {
            watch.heard();
            assert_eq!(watch.tick(true, true), Verdict::Fine);
        }
        let verdicts: Vec<Verdict> = (0..3)
            .map(|_| {
                watch.heard();
                watch.tick(true, false)
            })
            .collect();
        assert_eq!(verdicts, [Verdict::Fine, Verdict::Fine, Verdict::Idle]);
    }
}
