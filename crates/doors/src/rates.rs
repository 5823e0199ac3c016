//! How often a key may be used: the generic cell rate algorithm (ITU-T I.371, annex A), which needs one number a key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stdx::KeyId;

const MINUTE: Duration = Duration::from_secs(60);
const MOST_KEYS: usize = 10_000;

/// When each key would next be on time if its requests came evenly.
#[derive(Debug, Default)]
pub struct Rates {
    due: Mutex<HashMap<KeyId, Duration>>,
}

impl Rates {
    /// Counts a request at monotonic time `now`; false when the key has had its `most` of a minute. All of them may
    /// come at once; they come back one by one, evenly.
    pub fn take(&self, key: KeyId, most: u32, now: Duration) -> bool {
        let Some(step) = MINUTE.checked_div(most) else { return false };
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= MOST_KEYS {
            due.retain(|_, due| *due > now);
        }
        let at = due.get(&key).copied().unwrap_or(now).max(now);
        let next = at.saturating_add(step);
        let is_on_time = next.saturating_sub(now) <= MINUTE;
        if is_on_time {
            due.insert(key, next);
        }
        is_on_time
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stdx::{IdMaker, MockClock, SeededRng, Timestamp};

    use super::*;

    fn keys() -> (KeyId, KeyId) {
        let clock = MockClock::at(Timestamp::from_micros(1));
        let ids = IdMaker::new(Arc::new(clock), Arc::new(SeededRng::new(1)));
        (ids.make(), ids.make())
    }

    fn taken(rates: &Rates, key: KeyId, at: Duration) -> usize {
        (0..100).filter(|_| rates.take(key, 6, at)).count()
    }

    #[test]
    fn a_minutes_requests_may_come_at_once_and_come_back_evenly() {
        let (rates, (one, other)) = (Rates::default(), keys());
        let at = Duration::from_secs;
        assert_eq!(taken(&rates, one, at(5)), 6);
        assert_eq!(taken(&rates, one, at(14)), 0);
        assert_eq!(taken(&rates, one, at(15)), 1);
        assert_eq!(taken(&rates, other, at(15)), 6, "keys do not share");
        assert_eq!(taken(&rates, one, at(300)), 6);
    }

    #[test]
    fn a_rate_of_nothing_lets_nothing_pass() {
        assert!(!Rates::default().take(keys().0, 0, Duration::ZERO));
    }

    #[test]
    fn no_minute_has_more_than_twice_the_rate() {
        let (rates, (key, _)) = (Rates::default(), keys());
        let passed: Vec<u64> =
            (0..600).filter(|second| rates.take(key, 10, Duration::from_secs(*second))).collect();
        for begin in 0..540 {
            let within = passed.iter().filter(|at| (begin..begin + 60).contains(*at)).count();
            assert!(within <= 20, "{within} in the minute from {begin}");
        }
        assert!((105..=111).contains(&passed.len()), "{}", passed.len());
    }
}
