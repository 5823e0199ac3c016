//! What a run costs while it goes on.

use std::time::Duration;

use plans::Pay;
use store::charges::Charge;
use wire::{Cost, Usage};

use super::ending::normalise;
use super::settle::paid_by;
use crate::App;

/// How often a member is told.
const PAUSE: Duration = Duration::from_secs(1);

/// What a member was told of a run's cost.
#[derive(Debug, Default)]
pub(crate) struct RunningCost {
    told: i64,
    next: Duration,
}

impl RunningCost {
    /// What is to be told `at` a time since the run was accepted: nothing while it costs what was told, and nothing too
    /// soon after the last time.
    pub(crate) fn news(&mut self, at: Duration, cost: impl FnOnce() -> Option<Cost>) -> Option<Cost> {
        if at < self.next {
            return None;
        }
        let cost = cost().filter(|cost| cost.micros != self.told)?;
        self.told = cost.micros;
        self.next = at.saturating_add(PAUSE);
        Some(cost)
    }
}

impl App {
    /// What a run would be charged if it ended now; absent where it costs nothing or nobody knows its price. An estimate:
    /// what counts is told at the end.
    pub(crate) fn cost_so_far(&self, charge: &Charge, model: &str, usage: Usage) -> Option<Cost> {
        if charge.pay == Pay::Included {
            return None;
        }
        let used = normalise(usage).ok()?;
        let kept = charge.price.as_ref().filter(|_| charge.model == model);
        let cost = self.tariff.cost(charge.began_at, model, kept, &used).ok()??;
        let amount = cost.min(charge.ceiling);
        amount.is_positive().then(|| Cost {
            micros: amount.micros(),
            currency: charge.currency.to_string(),
            paid_by: paid_by(charge.pay),
            is_estimated: true,
            is_unpriced: false,
        })
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
