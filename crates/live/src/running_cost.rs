//! What a run's readers are told of its cost while it goes on.

use std::time::Duration;

use wire::Cost;

/// How often a member is told.
const PAUSE: Duration = Duration::from_secs(1);

/// What a member was told of a run's cost.
#[derive(Debug, Default)]
pub struct RunningCost {
    told: i64,
    next: Duration,
}

impl RunningCost {
    /// What is to be told `at` a time since the run was accepted: nothing while it costs what was told, and nothing too
    /// soon after the last time.
    pub fn news(&mut self, at: Duration, cost: impl FnOnce() -> Option<Cost>) -> Option<Cost> {
        if at < self.next {
            return None;
        }
        let cost = cost().filter(|cost| cost.micros != self.told)?;
        self.told = cost.micros;
        self.next = at.saturating_add(PAUSE);
        Some(cost)
    }
}

#[cfg(test)]
mod tests {
    use wire::PaidBy;

    use super::*;

    fn cost(micros: i64) -> Option<Cost> {
        let currency = "CNY".to_owned();
        Some(Cost { micros, currency, paid_by: PaidBy::Wallet, is_estimated: true, is_unpriced: false })
    }

    #[test]
    fn a_member_is_told_what_is_new_and_not_too_often() {
        let mut running = RunningCost::default();
        let seconds = Duration::from_secs;
        assert_eq!(running.news(seconds(0), || None), None);
        assert_eq!(running.news(seconds(0), || cost(5)), cost(5));
        assert_eq!(running.news(Duration::from_millis(999), || cost(9)), None);
        assert_eq!(running.news(seconds(1), || cost(5)), None);
        assert_eq!(running.news(seconds(1), || cost(9)), cost(9));
    }
}
