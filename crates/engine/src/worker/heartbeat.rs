//! Signs of life from a thread of their own, with the progress of the thread that computes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use ports::Guesses;
use prefix::PrefixCache;
use wire::ErrorCode;

use super::output::{Output, end_now};
use crate::protocol::{Failure, FromWorker, Heartbeat};

const INTERVAL: Duration = Duration::from_millis(500);
/// Signs of life in which a conversation must have been turned into tokens: half a minute, where a moment is enough.
/// A chat template is a program of a stranger, and nothing can stop it from inside.
const PATIENCE: u32 = 60;

/// What the computing thread has done.
#[derive(Debug, Default)]
pub(super) struct Progress {
    steps: AtomicU64,
    busy: AtomicBool,
    /// The request whose conversation is being turned into tokens; 0 when there is none.
    preparing: AtomicU64,
    cache: OnceLock<PrefixCache>,
    guessed: AtomicU64,
    right: AtomicU64,
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

    /// So many tokens of an answer were guessed, and so many of them right.
    pub(super) fn guessed(&self, guessed: usize, right: usize) {
        let count = |counter: &AtomicU64, n| {
            counter.fetch_add(u64::try_from(n).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        count(&self.guessed, guessed);
        count(&self.right, right);
    }

    /// From now on this request is being prepared, until [`prepared`](Self::prepared).
    pub(super) fn prepares(&self, id: u64) {
        self.preparing.store(id, Ordering::Relaxed);
    }

    pub(super) fn prepared(&self) {
        self.preparing.store(0, Ordering::Relaxed);
    }

    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }
}

/// Starts the thread. It also ends the process when the server is gone but something keeps the pipe open.
pub(super) fn start(output: Output, progress: Arc<Progress>) {
    let server = std::os::unix::process::parent_id();
    thread::spawn(move || {
        let mut stuck = Stuck::default();
        loop {
            if let Some(id) = stuck.look(progress.preparing.load(Ordering::Relaxed)) {
                let detail = "The model's chat template does not come to an end with this conversation.";
                let failure = Failure::new(ErrorCode::InvalidRequest, detail);
                output.send(&FromWorker::Failed { id, failure });
            }
            // What is being answered is answered; then there is no use in this process.
            if stuck.is_hopeless() && !progress.busy.load(Ordering::Relaxed) {
                end_now();
            }
            if std::os::unix::process::parent_id() != server {
                end_now();
            }
            output.send(&FromWorker::Heartbeat(Heartbeat {
                progress: progress.steps.load(Ordering::Relaxed),
                busy: progress.busy.load(Ordering::Relaxed),
                cache: progress.cache.get().map(PrefixCache::usage).unwrap_or_default(),
                guesses: Guesses {
                    made: progress.guessed.load(Ordering::Relaxed),
                    right: progress.right.load(Ordering::Relaxed),
                },
            }));
            thread::sleep(INTERVAL);
        }
    });
}

/// Notices a preparation that does not come to an end.
#[derive(Debug, Default)]
struct Stuck {
    id: u64,
    looks: u32,
}

impl Stuck {
    /// Told what is being prepared; the request that is given up, once.
    fn look(&mut self, preparing: u64) -> Option<u64> {
        let is_same = preparing != 0 && preparing == self.id;
        self.looks = if is_same { self.looks.saturating_add(1) } else { 0 };
        self.id = preparing;
        (self.looks == PATIENCE).then_some(preparing)
    }

    fn is_hopeless(&self) -> bool {
        self.looks >= PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_request_that_takes_too_long_is_given_up_and_only_once() {
        let mut stuck = Stuck::default();
        for id in 1..200 {
            assert_eq!(stuck.look(id), None, "each is another one");
        }
        for _ in 0..200 {
            assert_eq!(stuck.look(0), None, "there is nothing to prepare");
        }
        let given_up: Vec<u64> = (0..200).filter_map(|_| stuck.look(7)).collect();
        assert_eq!((given_up, stuck.is_hopeless()), (vec![7], true));
        stuck.look(8);
        assert!(!stuck.is_hopeless());
    }
}
