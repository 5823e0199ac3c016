//! What clients and other hosts may know of a host without asking it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{CacheUse, Guesses, PortError};

use crate::client::LoadedModel;

/// Shared between a host and its clients.
#[derive(Debug, Default)]
pub(crate) struct HostStatus {
    requests: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// How long nobody has asked.
    unused: Duration,
}

/// How far a host is with its model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not in memory.
    #[default]
    Absent,
    /// On its way into memory.
    Loading,
    /// In memory.
    Ready(LoadedModel),
    /// On its way out of memory.
    Unloading,
    /// Not in memory because something went wrong.
    Failed(PortError),
}

impl HostStatus {
    /// Counts one request in, unless there are `limit` already. It is counted out when the place is dropped.
    pub(crate) fn take_place(self: &Arc<Self>, limit: u32) -> Option<Place> {
        self.requests
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < limit).then_some(n + 1))
            .ok()
            .map(|_| Place(Arc::clone(self)))
    }

    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Acquire)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.state().phase.clone()
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        *self.state() = State { phase, unused: Duration::ZERO };
    }

    /// Shows at once what a command that was just sent will do.
    pub(crate) fn announce(&self, phase: Phase) {
        let mut state = self.state();
        let changes = match phase {
            Phase::Loading => matches!(state.phase, Phase::Absent | Phase::Failed(_)),
            Phase::Unloading => matches!(state.phase, Phase::Loading | Phase::Ready(_)),
            Phase::Absent | Phase::Ready(_) | Phase::Failed(_) => false,
        };
        if changes {
            state.phase = phase;
        }
    }

    pub(crate) fn loaded(&self) -> Option<LoadedModel> {
        match &self.state().phase {
            Phase::Ready(loaded) => Some(loaded.clone()),
            Phase::Absent | Phase::Loading | Phase::Unloading | Phase::Failed(_) => None,
        }
    }

    /// How long nobody has asked for a model in memory.
    pub(crate) fn unused(&self) -> Duration {
        self.state().unused
    }

    pub(crate) fn set_unused(&self, unused: Duration) {
        self.state().unused = unused;
    }

    /// Notes what the worker says of its prefix cache and its guesses.
    pub(crate) fn set_use(&self, cache: CacheUse, guesses: Guesses) {
        if let Phase::Ready(loaded) = &mut self.state().phase {
            (loaded.cache, loaded.guesses) = (cache, guesses);
        }
    }

    /// False when the host has neither a request nor anything to tell of its model.
    pub(crate) fn is_needed(&self) -> bool {
        self.requests() > 0 || self.state().phase != Phase::Absent
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request among those of a host.
#[derive(Debug)]
pub(crate) struct Place(Arc<HostStatus>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use ports::PortErrorKind;
    use wire::ErrorCode;

    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let status = Arc::new(HostStatus::default());
        let first = status.take_place(2).unwrap();
        let _second = status.take_place(2).unwrap();
        assert!(status.take_place(2).is_none());
        drop(first);
        assert!(status.take_place(2).is_some());
        assert!(status.is_needed());
    }

    #[test]
    fn a_host_without_requests_and_model_is_not_needed() {
        let status = Arc::new(HostStatus::default());
        drop(status.take_place(1));
        assert!(!status.is_needed());
        status.set_phase(Phase::Unloading);
        assert!(status.is_needed());
    }

    #[test]
    fn what_was_just_commanded_shows_at_once_and_never_hides_what_is() {
        let status = HostStatus::default();
        status.announce(Phase::Unloading);
        assert_eq!(status.phase(), Phase::Absent);
        status.announce(Phase::Loading);
        assert_eq!(status.phase(), Phase::Loading);
        status.set_phase(Phase::Failed(PortError::new(
            PortErrorKind::Down,
            ErrorCode::OutOfMemory,
            "Too large.",
        )));
        status.announce(Phase::Loading);
        assert_eq!(status.phase(), Phase::Loading);
        status.announce(Phase::Unloading);
        assert_eq!(status.phase(), Phase::Unloading);
    }
}
