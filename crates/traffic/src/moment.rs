//! What was computed a moment ago.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Things by their names, each good for a while: many who look every few seconds are one reader.
#[derive(Debug)]
pub struct Moment<K, T>(Mutex<HashMap<K, (Duration, Arc<T>)>>);

impl<K, T> Default for Moment<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, T> Moment<K, T> {
    /// What was kept under a name, if it is younger than so long at monotonic time `now`.
    pub fn fresh(&self, name: &K, now: Duration, patience: Duration) -> Option<Arc<T>> {
        let kept = self.lock();
        let (at, thing) = kept.get(name)?;
        (now.saturating_sub(*at) < patience).then(|| Arc::clone(thing))
    }

    /// Keeps something that was computed at monotonic time `now`.
    pub fn keep(&self, name: K, now: Duration, thing: T) -> Arc<T> {
        let thing = Arc::new(thing);
        self.lock().insert(name, (now, Arc::clone(&thing)));
        thing
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (Duration, Arc<T>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_is_computed_again() {
        let (moment, at) = (Moment::default(), Duration::from_secs);
        assert_eq!(moment.keep("a", at(1), 7).as_ref(), &7);
        assert_eq!(moment.fresh(&"a", at(2), at(2)).as_deref(), Some(&7));
        assert_eq!(moment.fresh(&"a", at(3), at(2)), None);
        assert_eq!(moment.fresh(&"b", at(1), at(2)), None);
    }
}
