//! What something will cost, and what it did cost: plans, prices and exchange rates, put together. Pure: whoever asks says when.

use std::collections::BTreeMap;

use catalog::{CostError, Facts, LOCAL_VENDOR, ModelRef, Price, Prices};
use money::{Amount, Currency, ExchangeRate, ExchangeRates, Money, MoneyError, Rate, Sum, Usage};
use plans::{Plans, Thresholds};
use ports::Attempt;
use stdx::Timestamp;

/// What things cost here and who may have how much of them.
#[derive(Clone, Debug)]
pub struct Tariff {
    /// The plans.
    pub plans: Plans,
    /// The prices of models.
    pub prices: Prices,
    /// When people are told how much they used, where neither a plan nor a budget says otherwise.
    pub alert_at: Thresholds,
    /// What other currencies are worth.
    pub exchange: ExchangeRates,
    /// Whose prices count for models of a provider, by the first half of their ids.
    pub price_lists: BTreeMap<String, String>,
    /// The currency that members pay in.
    pub currency: Currency,
    /// How far clocks are ahead of UTC here: when days and months begin.
    pub offset_minutes: i32,
}

/// What a request can cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The most, in the workspace's currency; absent when the model is unpriced.
    pub ceiling: Option<Amount>,
    /// The price as it is now.
    pub price: Option<Price>,
    /// The currencies that no exchange rate is known of, when that is why there is no ceiling.
    pub no_rate: Option<(Currency, Currency)>,
    /// When that is.
    pub at: Timestamp,
}

impl Tariff {
    /// What a request to a model can cost that begins now.
    ///
    /// # Errors
    /// When it is more than can be counted.
    pub fn quote(
        &self,
        at: Timestamp,
        model: &str,
        input_tokens: u64,
        output_tokens: u64,
    ) -> Result<Quote, MoneyError> {
        let model = self.priced_as(model);
        let facts = Facts { input_tokens, ..Facts::default() };
        let (ceiling, price) = (
            self.prices.ceiling(at, model, facts, output_tokens),
            self.prices.price_at(at, model, facts).ok(),
        );
        let unpriced = |no_rate| Quote { ceiling: None, price: None, no_rate, at };
        match ceiling {
            Ok(ceiling) => match self.convert_up(at, ceiling) {
                Ok(ceiling) => Ok(Quote { ceiling: Some(ceiling), price, no_rate: None, at }),
                Err(MoneyError::NoExchangeRate { from, to }) => Ok(unpriced(Some((from, to)))),
                Err(error) => Err(error),
            },
            Err(CostError::Unpriced(_)) => Ok(unpriced(None)),
            Err(CostError::Money(error)) => Err(error),
        }
    }

    /// What was used costs so much, in the workspace's currency, at the price that was in force when it began; nothing
    /// is known when it is unpriced.
    ///
    /// # Errors
    /// When it is more than can be counted.
    pub fn cost(
        &self,
        began_at: Timestamp,
        model: &str,
        kept: Option<&Price>,
        usage: &Usage,
    ) -> Result<Option<Amount>, MoneyError> {
        let facts = Facts { input_tokens: usage.input_tokens(), ..Facts::default() };
        // The context tier goes by what really went in; when the files know nothing of it any more, what was kept counts.
        let found = self.prices.price_at(began_at, self.priced_as(model), facts).ok();
        let Some(price) = found.as_ref().or(kept) else { return Ok(None) };
        let sum = match price.sum(usage) {
            Ok(sum) => sum,
            Err(CostError::Unpriced(_)) => return Ok(None),
            Err(CostError::Money(error)) => return Err(error),
        };
        let Some(exchange) = self.rate(began_at, price.currency()) else { return Ok(None) };
        sum.round_at(&exchange).map(Some)
    }

    /// What a currency is worth in the workspace's. Nothing is taken one to one because nothing is known of it.
    fn rate(&self, at: Timestamp, from: Currency) -> Option<ExchangeRate> {
        self.exchange.at(at, from, self.currency).ok()
    }

    /// What was used would have cost at the reference model of the price files, in the workspace's currency; nothing is known
    /// without one, or where something of it has no price or no exchange rate.
    pub fn cost_at_reference(&self, began_at: Timestamp, usage: &Usage) -> Option<Amount> {
        self.cost_at(self.prices.reference()?, began_at, usage)
    }

    /// The same at any model of the price files.
    pub fn cost_at(&self, model: ModelRef<'_>, began_at: Timestamp, usage: &Usage) -> Option<Amount> {
        let facts = Facts { input_tokens: usage.input_tokens(), ..Facts::default() };
        let price = self.prices.price_at(began_at, model, facts).ok()?;
        let exchange = self.exchange.at(began_at, price.currency(), self.currency).ok()?;
        price.sum(usage).ok()?.round_at(&exchange).ok()
    }

    /// What one attempt cost the operator, in the provider's currency: what the provider says, or what was used at its
    /// price when it began. Nothing is known of what has no price.
    pub fn cost_at_provider(
        &self,
        (began_at, model): (Timestamp, &str),
        attempt: Option<&Attempt>,
        usage: &Usage,
    ) -> Option<Money> {
        if let Some((cost, currency)) = attempt.and_then(|attempt| attempt.reported()?.cost) {
            return Some(Sum::default().and(cost, 1).ok()?.round().ok()?.of(currency));
        }
        if usage.is_empty() {
            return None;
        }
        let (began_at, model) =
            attempt.map_or((began_at, model), |attempt| (attempt.began_at, attempt.deployment.as_str()));
        let facts = Facts { input_tokens: usage.input_tokens(), ..Facts::default() };
        let price = self.prices.price_at(began_at, self.priced_as(model), facts).ok()?;
        price.cost(usage).ok()
    }

    /// What an attempt that belongs to no charge cost the operator, in the provider's currency.
    pub fn cost_of_attempt(&self, attempt: &Attempt) -> Option<Money> {
        let usage = &attempt.reported()?.usage;
        self.cost_at_provider((attempt.began_at, &attempt.deployment), Some(attempt), usage)
    }

    /// The same in the workspace's currency.
    pub fn converted(&self, at: Timestamp, money: Money) -> Option<Amount> {
        if money.currency == self.currency {
            return Some(money.amount);
        }
        let micros = u64::try_from(money.amount.micros()).ok()?;
        Sum::default()
            .and(Rate::from_picos(1_000_000), micros)
            .ok()?
            .round_at(&self.rate(at, money.currency)?)
            .ok()
    }

    /// Where the price of a model stands: in the list of its provider, or in that of this machine.
    pub fn priced_as<'a>(&'a self, model: &'a str) -> ModelRef<'a> {
        match model.split_once('/') {
            None => ModelRef { vendor: LOCAL_VENDOR, model },
            Some((site, model)) => {
                let vendor = self.price_lists.get(site).map_or(site, String::as_str);
                ModelRef { vendor, model }
            }
        }
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

/// Models of providers have the provider's name before theirs.
pub fn is_local(model: &str) -> bool {
    !model.contains('/')
}
