//! What something will cost, and what it did cost.

use catalog::{CostError, Facts, LOCAL_VENDOR, ModelRef, Price};
use money::{Amount, Money, MoneyError, Rate, Sum, Usage};
use stdx::Timestamp;

use super::Tariff;

/// What a request can cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    /// The most, in the workspace's currency; absent when the model is unpriced.
    pub(super) ceiling: Option<Amount>,
    /// The price as it is now.
    pub(super) price: Option<Price>,
    /// When that is.
    pub(super) at: Timestamp,
}

impl Tariff {
    /// What a request to a model can cost that begins now.
    pub(super) fn quote(
        &self,
        at: Timestamp,
        model: &str,
        input_tokens: u64,
        output_tokens: u64,
    ) -> Result<Quote, MoneyError> {
        let model = local(model);
        let facts = Facts { input_tokens, ..Facts::default() };
        let (ceiling, price) = (
            self.prices.ceiling(at, model, facts, output_tokens),
            self.prices.price_at(at, model, facts).ok(),
        );
        match ceiling {
            Ok(ceiling) => Ok(Quote { ceiling: Some(self.convert_up(at, ceiling)?), price, at }),
            Err(CostError::Unpriced(_)) => Ok(Quote { ceiling: None, price: None, at }),
            Err(CostError::Money(error)) => Err(error),
        }
    }

    /// What was used costs so much, in the workspace's currency, at the price that was in force when it began; nothing
    /// is known when it is unpriced.
    pub(super) fn cost(
        &self,
        began_at: Timestamp,
        model: &str,
        kept: Option<&Price>,
        usage: &Usage,
    ) -> Result<Option<Amount>, MoneyError> {
        let facts = Facts { input_tokens: usage.input_tokens(), ..Facts::default() };
        // The context tier goes by what really went in; when the files know nothing of it any more, what was kept counts.
        let found = self.prices.price_at(began_at, local(model), facts).ok();
        let Some(price) = found.as_ref().or(kept) else { return Ok(None) };
        let sum = match price.sum(usage) {
            Ok(sum) => sum,
            Err(CostError::Unpriced(_)) => return Ok(None),
            Err(CostError::Money(error)) => return Err(error),
        };
        let exchange = self.exchange.at(began_at, price.currency(), self.currency)?;
        sum.round_at(&exchange).map(Some)
    }

    /// What was used would have cost at the reference model of the price files, in the workspace's currency; nothing is known
    /// without one, or where something of it has no price or no exchange rate.
    pub(crate) fn cost_at_reference(&self, began_at: Timestamp, usage: &Usage) -> Option<Amount> {
        let facts = Facts { input_tokens: usage.input_tokens(), ..Facts::default() };
        let price = self.prices.price_at(began_at, self.prices.reference()?, facts).ok()?;
        let exchange = self.exchange.at(began_at, price.currency(), self.currency).ok()?;
        price.sum(usage).ok()?.round_at(&exchange).ok()
    }

    /// In the workspace's currency, never less than it is worth.
    fn convert_up(&self, at: Timestamp, money: Money) -> Result<Amount, MoneyError> {
        if money.currency == self.currency {
            return Ok(money.amount);
        }
        let exchange = self.exchange.at(at, money.currency, self.currency)?;
        let count = u64::try_from(money.amount.micros()).map_err(|_| MoneyError::Overflow)?;
        let one = Rate::parse("0.000001", 1)?;
        let rounded = Sum::default().and(one, count)?.round_at(&exchange)?;
        rounded.checked_add(Amount::from_micros(1)).ok_or(MoneyError::Overflow)
    }
}

/// All models run on this machine as yet.
fn local(model: &str) -> ModelRef<'_> {
    ModelRef { vendor: LOCAL_VENDOR, model }
}
