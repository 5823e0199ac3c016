//! Room for one more model: whether it fits, who goes first, or that it cannot be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// A model in memory that nobody uses and nobody has pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    pub(crate) model: String,
    /// What it holds.
    pub(crate) bytes: u64,
    /// How long nobody has asked for it.
    pub(crate) unused: Duration,
}

/// What to do for a model that wants memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Load it.
    Fits,
    /// Unload this one and look again: what comes free is measured, not believed.
    Unload(String),
    /// What is missing is promised to models that are being loaded; their need is known when they are there.
    Wait,
    /// Not even unloading every idle model would do.
    Full,
}

/// Decides for a model that needs `needed` bytes when the machine has `free`, of which `promised` are for models on their
/// way. What cannot be found out is not held against it.
pub(crate) fn decide(needed: u64, free: Option<u64>, promised: u64, idle: &[Idle]) -> Decision {
    let Some(free) = free else { return Decision::Fits };
    if needed <= free.saturating_sub(promised) {
        return Decision::Fits;
    }
    let held = idle.iter().fold(0_u64, |sum, one| sum.saturating_add(one.bytes));
    let most = free.saturating_add(held);
    let longest_unused = idle.iter().max_by_key(|one| one.unused);
    match longest_unused {
        Some(one) if needed <= most.saturating_sub(promised) => Decision::Unload(one.model.clone()),
        _ if promised > 0 && needed <= most => Decision::Wait,
        _ => Decision::Full,
    }
}

/// Memory that is spoken for by models on their way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promises {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    open: Mutex<Open>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    bytes: BTreeMap<u64, u64>,
}

/// Memory for one model, until it is in memory or given up.
#[derive(Debug)]
pub(crate) struct Promise {
    number: u64,
    shared: Arc<Shared>,
}

impl Promises {
    pub(crate) fn give(&self, bytes: u64) -> Promise {
        let mut open = self.shared.open();
        open.next += 1;
        let number = open.next;
        open.bytes.insert(number, bytes);
        Promise { number, shared: Arc::clone(&self.shared) }
    }

    /// Bytes that are promised now.
    pub(crate) fn total(&self) -> u64 {
        self.shared.open().bytes.values().copied().fold(0, u64::saturating_add)
    }

    /// Ends when the next promise does, counted from this call.
    pub(crate) fn next_end(&self) -> Notified<'_> {
        self.shared.ended.notified()
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.shared.open().bytes.remove(&self.number);
        self.shared.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn idle(model: &str, bytes: u64, unused: u64) -> Idle {
        Idle { model: model.to_owned(), bytes, unused: Duration::from_secs(unused) }
    }

    #[test]
    fn what_fits_disturbs_nobody() {
        assert_eq!(decide(500, Some(500), 0, &[idle("a", 900, 9)]), Decision::Fits);
        assert_eq!(decide(500, None, 700, &[]), Decision::Fits);
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let idle = [idle("new", 300, 1), idle("old", 300, 60), idle("middle", 300, 10)];
        assert_eq!(decide(500, Some(100), 0, &idle), Decision::Unload("old".to_owned()));
    }

    #[test]
    fn nobody_goes_when_it_would_not_help() {
        assert_eq!(decide(500, Some(100), 0, &[idle("a", 300, 1)]), Decision::Full);
        assert_eq!(decide(500, Some(100), 0, &[]), Decision::Full);
    }

    #[test]
    fn memory_for_models_on_their_way_is_not_given_twice() {
        assert_eq!(decide(500, Some(900), 600, &[]), Decision::Wait);
        assert_eq!(decide(500, Some(400), 600, &[]), Decision::Full);
        assert_eq!(decide(500, Some(900), 600, &[idle("a", 300, 1)]), Decision::Unload("a".to_owned()));
    }

    #[tokio::test]
    async fn a_promise_ends_when_it_is_dropped_and_wakes_who_waits() {
        let promises = Promises::default();
        let (first, second) = (promises.give(300), promises.give(200));
        assert_eq!(promises.total(), 500);
        let end = promises.next_end();
        drop(first);
        end.await;
        assert_eq!(promises.total(), 200);
        drop(second);
        assert_eq!(promises.total(), 0);
    }

    proptest! {
        /// Follows the decisions until one is final; what is unloaded gives back what it held.
        #[test]
        fn deciding_ends_and_never_gives_more_than_there_is(
            needed in 0_u64..2000,
            mut free in 0_u64..2000,
            promised in 0_u64..800,
            held in proptest::collection::vec((1_u64..600, 0_u64..100), 0..6),
        ) {
            let mut residents: Vec<Idle> =
                held.iter().enumerate().map(|(n, (bytes, unused))| idle(&n.to_string(), *bytes, *unused)).collect();
            for _ in 0..=held.len() {
                match decide(needed, Some(free), promised, &residents) {
                    Decision::Unload(model) => {
                        let at = residents.iter().position(|one| one.model == model).unwrap();
                        let gone = residents.remove(at);
                        prop_assert!(residents.iter().all(|one| one.unused <= gone.unused));
                        free += gone.bytes;
                    }
                    Decision::Fits => {
                        prop_assert!(needed + promised <= free || needed == 0);
                        return Ok(());
                    }
                    Decision::Wait | Decision::Full => {
                        prop_assert_eq!(residents.len(), held.len(), "nobody was unloaded in vain");
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "it goes on for ever");
        }
    }
}
