//! What a run costs while it goes on.

use courses::normalise;
use plans::Pay;
use store::charges::Charge;
use wire::{Cost, Usage};

use super::settle::paid_by;
use crate::App;

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
