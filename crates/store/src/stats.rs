//! Counters for `/metrics`.

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
