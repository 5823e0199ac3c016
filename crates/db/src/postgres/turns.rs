//! Who does a batch again, and when.
//!
//! When many write to one row at the same moment, all but one are refused; if all of them came again at once, it would be
//! the same again. So of those of this process only one comes again at a time: it meets at most what others do for the
//! first time.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How often a batch is done again before it is an overload. Two programs that write nothing but the same row get by with
/// a few.
const MOST: u32 = 100;
/// How often several batches are done again in one transaction, before each gets one of its own.
const MOST_TOGETHER: u32 = 3;

/// The row of those who do a batch again.
#[derive(Debug, Default)]
pub(super) struct Turns(Arc<Mutex<()>>);

/// One batch's place in it.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Arc<Turns>,
    left: u32,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// A place for this many batches.
    pub(super) fn begin(self: Arc<Self>, batches: usize) -> Turn {
        Turn { turns: self, left: if batches > 1 { MOST_TOGETHER } else { MOST }, held: None }
    }
}

impl Turn {
    /// Waits until it is this batch's turn, which it keeps to its end. False when it has had enough of them.
    pub(super) async fn wait(&mut self) -> bool {
        if self.held.is_none() {
            self.held = Some(Arc::clone(&self.turns.0).lock_owned().await);
        }
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }
}
