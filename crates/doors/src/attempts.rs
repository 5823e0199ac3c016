//! How often something may be tried: a small window counter for sign-in and set-up.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(300);
const MOST_IN_WINDOW: usize = 10;
const MOST_SUBJECTS: usize = 10_000;

/// Counts failed tries by subject (a login name, an address).
#[derive(Debug, Default)]
pub struct Attempts {
    failed: Mutex<HashMap<String, Vec<Duration>>>,
}

impl Attempts {
    /// Begins a try, at monotonic time `now`; false when `subject` has used up its tries. A try counts as failed
    /// until [`Attempts::succeeded`], so that tries at the same moment count one by one.
    pub fn begin(&self, subject: &str, now: Duration) -> bool {
        let mut failed = self.lock();
        if failed.len() >= MOST_SUBJECTS {
            failed.retain(|_, times| recent(times, now) > 0);
        }
        let times = failed.entry(subject.to_owned()).or_default();
        times.retain(|at| now.saturating_sub(*at) < WINDOW);
        let may_try = times.len() < MOST_IN_WINDOW;
        if may_try {
            times.push(now);
        }
        may_try
    }

    /// The try begun at `now` was none of an intruder.
    pub fn succeeded(&self, subject: &str, now: Duration) {
        if let Some(times) = self.lock().get_mut(subject)
            && let Some(place) = times.iter().position(|at| *at == now)
        {
            times.swap_remove(place);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Duration>>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn recent(times: &[Duration], now: Duration) -> usize {
    times.iter().filter(|at| now.saturating_sub(**at) < WINDOW).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_close_the_door_for_five_minutes() {
        let attempts = Attempts::default();
        let at = |s| Duration::from_secs(s);
        for _ in 0..MOST_IN_WINDOW {
            assert!(attempts.begin("lin", at(1)));
        }
        assert!(!attempts.begin("lin", at(300)));
        assert!(attempts.begin("mei", at(300)));
        assert!(attempts.begin("lin", at(301)));
    }

    #[test]
    fn a_success_gives_its_own_try_back_and_no_other() {
        let attempts = Attempts::default();
        let at = |s| Duration::from_secs(s);
        for _ in 1..MOST_IN_WINDOW {
            assert!(attempts.begin("lin", at(1)));
        }
        for _ in 0..3 {
            assert!(attempts.begin("lin", at(2)));
            attempts.succeeded("lin", at(2));
        }
        assert!(attempts.begin("lin", at(3)));
        assert!(!attempts.begin("lin", at(3)));
    }
}
