//! Signs of life from a thread of their own, with the progress of the thread that computes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use super::output::{Output, end_now};
use crate::protocol::{FromWorker, Heartbeat};
use prefix::PrefixCache;

const INTERVAL: Duration = Duration::from_millis(500);

/// What the computing thread has done.
#[derive(Debug, Default)]
pub(super) struct Progress {
    steps: AtomicU64,
    busy: AtomicBool,
    cache: OnceLock<PrefixCache>,
}

impl Progress {
    pub(super) fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on signs of life tell what this cache holds.
    pub(super) fn report_cache(&self, cache: PrefixCache) {
        // There is one cache in the life of a worker.
        let _ = self.cache.set(cache);
    }

    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }
}

/// Starts the thread. It also ends the process when the server is gone but something keeps the pipe open.
pub(super) fn start(output: Output, progress: Arc<Progress>) {
    let server = std::os::unix::process::parent_id();
    thread::spawn(move || {
        loop {
            if std::os::unix::process::parent_id() != server {
                end_now();
            }
            output.send(&FromWorker::Heartbeat(Heartbeat {
                progress: progress.steps.load(Ordering::Relaxed),
                busy: progress.busy.load(Ordering::Relaxed),
                cache: progress.cache.get().map(PrefixCache::usage).unwrap_or_default(),
            }));
            thread::sleep(INTERVAL);
        }
    });
}
