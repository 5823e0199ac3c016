//! What the client may know of a host without asking it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ports::CacheUse;

use crate::client::LoadedModel;

/// Shared between a host and its clients.
#[derive(Debug, Default)]
pub(crate) struct HostStatus {
    requests: AtomicU32,
    loaded: Mutex<Option<LoadedModel>>,
}

impl HostStatus {
    /// Counts one request in, unless there are `limit` already. It is counted out when the place is dropped.
    pub(crate) fn take_place(self: &Arc<Self>, limit: u32) -> Option<Place> {
        self.requests
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < limit).then_some(n + 1))
            .ok()
            .map(|_| Place(Arc::clone(self)))
    }

    pub(crate) fn loaded(&self) -> Option<LoadedModel> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_loaded(&self, loaded: Option<LoadedModel>) {
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
    }

    /// Notes what the worker says of its prefix cache.
    pub(crate) fn set_cache(&self, cache: CacheUse) {
        if let Some(loaded) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            loaded.cache = cache;
        }
    }

    /// False when the host has neither a request nor a model in memory.
    pub(crate) fn is_needed(&self) -> bool {
        self.requests.load(Ordering::Acquire) > 0 || self.loaded().is_some()
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
    }
}
