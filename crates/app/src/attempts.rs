//! How often something may be tried: a small window counter for sign-in and set-up.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(300);
const MOST_IN_WINDOW: usize = 10;
const MOST_SUBJECTS: usize = 10_000;

/// Counts failed tries by subject (a login name, an address).
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: Mutex<HashMap<String, Vec<Duration>>>,
}

impl Attempts {
    /// True while `subject` may try; `now` is monotonic time.
    pub(crate) fn may_try(&self, subject: &str, now: Duration) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(subject).is_none_or(|times| recent(times, now) < MOST_IN_WINDOW)
    }

    /// Remembers a failure.
    pub(crate) fn failed(&self, subject: &str, now: Duration) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= MOST_SUBJECTS {
            failed.retain(|_, times| recent(times, now) > 0);
        }
        let times = failed.entry(subject.to_owned()).or_default();
        times.retain(|at| now.saturating_sub(*at) < WINDOW);
        times.push(now);
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
            assert!(attempts.may_try("lin", at(1)));
            attempts.failed("lin", at(1));
        }
        assert!(!attempts.may_try("lin", at(300)));
        assert!(attempts.may_try("mei", at(300)));
        assert!(attempts.may_try("lin", at(301)));
    }
}
