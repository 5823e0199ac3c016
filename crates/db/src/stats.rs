//! Counters for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Batches that were kept.
    pub batches: u64,
    /// Batches that failed or were refused.
    pub refused: u64,
    /// Transactions that carried them.
    pub commits: u64,
    /// Of these, the ones that waited for the disk; flushes of relaxed batches count too.
    pub syncs: u64,
    /// Snapshots that were read.
    pub reads: u64,
    /// Batches that wait now.
    pub waiting: u64,
}

/// The same, as an engine counts it.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) batches: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) reads: AtomicU64,
}

impl Counters {
    /// What was counted, and what waits.
    pub(crate) fn stats(&self, waiting: usize) -> Stats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            batches: count(&self.batches),
            refused: count(&self.refused),
            commits: count(&self.commits),
            syncs: count(&self.syncs),
            reads: count(&self.reads),
            waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
        }
    }
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
