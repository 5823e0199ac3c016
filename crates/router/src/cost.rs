//! What an attempt is expected to cost, now and here.

use catalog::{CostError, Facts as PriceFacts, ModelRef, Price};
use money::{Amount, Currency, MoneyError, Rate, Sum, Unit, Usage, Worth};
use serde::{Deserialize, Serialize};

use crate::facts::{Deployment, Market, Prefix, Request};

/// What something costs in the workspace's currency. What has no price is not free: it has no amount at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// So much, rounded once.
    Known(Amount),
    /// Nobody can say.
    Unpriced(Gap),
}

/// Why a cost cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "gap")]
pub enum Gap {
    /// No rule prices this unit now.
    NoPrice {
        /// What has no price.
        unit: Unit,
    },
    /// The vendor's currency has no exchange rate.
    NoExchangeRate {
        /// The vendor's currency.
        from: Currency,
        /// The workspace's.
        to: Currency,
    },
    /// It does not fit into an amount.
    TooLarge,
}

/// A cost as it is compared: before it is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    pub(crate) worth: Worth,
    pub(crate) amount: Amount,
}

impl Quote {
    pub(crate) fn of(worth: Worth) -> Result<Self, Gap> {
        Ok(Self { worth, amount: worth.round()? })
    }
}

impl From<&Result<Quote, Gap>> for Cost {
    fn from(quote: &Result<Quote, Gap>) -> Self {
        match quote {
            Ok(quote) => Self::Known(quote.amount),
            Err(gap) => Self::Unpriced(gap.clone()),
        }
    }
}

impl From<CostError> for Gap {
    fn from(error: CostError) -> Self {
        match error {
            CostError::Unpriced(unpriced) => Self::NoPrice { unit: unpriced.unit },
            CostError::Money(error) => error.into(),
        }
    }
}

impl From<MoneyError> for Gap {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::NoExchangeRate { from, to } => Self::NoExchangeRate { from, to },
            _ => Self::TooLarge,
        }
    }
}

/// What `answers` answers to a request are expected to cost at a deployment. Each is a request of its own: its prompt goes in as often.
pub(crate) fn expected(
    market: &Market<'_>,
    request: &Request,
    deployment: &Deployment,
    answers: u32,
) -> Result<Quote, Gap> {
    let answers = u64::from(answers);
    let class = deployment.class;
    let facts = PriceFacts { class, input_tokens: request.prompt_tokens };
    let model = ModelRef { vendor: &deployment.price_vendor, model: &deployment.price_model };
    priced(market, model, facts, |price| {
        let output = request.output_tokens().checked_mul(answers)?;
        let prompt = split(price, request.prompt_tokens, deployment.prefix);
        let prompt = prompt.map(|(unit, count)| (unit, count.saturating_mul(answers)));
        Usage::of(prompt.into_iter().chain([(Unit::Output, output)])).ok()
    })
}

/// What the same request would cost at another model that has nothing of it in a cache.
pub(crate) fn at_reference(
    market: &Market<'_>,
    request: &Request,
    model: ModelRef<'_>,
) -> Result<Quote, Gap> {
    let facts = PriceFacts { input_tokens: request.prompt_tokens, ..PriceFacts::default() };
    priced(market, model, facts, |_| {
        Usage::of([(Unit::Input, request.prompt_tokens), (Unit::Output, request.output_tokens())]).ok()
    })
}

/// The most that so many answers to a request can cost there, as a hold has it: never less than it is worth in another currency.
pub(crate) fn ceiling(
    market: &Market<'_>,
    request: &Request,
    deployment: &Deployment,
    answers: u32,
) -> Result<Amount, Gap> {
    let one = ceiling_of_one(market, request, deployment)?;
    Ok(Amount::sum((0..answers).map(|_| one))?)
}

fn ceiling_of_one(market: &Market<'_>, request: &Request, deployment: &Deployment) -> Result<Amount, Gap> {
    let facts = PriceFacts { class: deployment.class, input_tokens: request.most_prompt_tokens };
    let model = ModelRef { vendor: &deployment.price_vendor, model: &deployment.price_model };
    let most = market.prices.ceiling(market.now, model, facts, request.most_output_tokens)?;
    if most.currency == market.currency {
        return Ok(most.amount);
    }
    let exchange = market.exchange.at(market.now, most.currency, market.currency)?;
    let micros = u64::try_from(most.amount.micros()).map_err(|_| Gap::TooLarge)?;
    let rounded = Sum::default().and(Rate::from_picos(1_000_000), micros)?.round_at(&exchange)?;
    rounded.checked_add(Amount::from_micros(1)).ok_or(Gap::TooLarge)
}

pub(crate) fn priced(
    market: &Market<'_>,
    model: ModelRef<'_>,
    facts: PriceFacts,
    usage: impl Fn(&Price) -> Option<Usage>,
) -> Result<Quote, Gap> {
    let price = market.prices.price_at(market.now, model, facts).map_err(CostError::from)?;
    let exchange = market.exchange.at(market.now, price.currency(), market.currency)?;
    let usage = usage(&price).ok_or(Gap::TooLarge)?;
    Quote::of(price.sum(&usage)?.worth(&exchange)?)
}

/// The tokens of a prompt by what they cost. What is warm, or is written to a cache, is plain input where the vendor has no
/// rate of its own for it: nothing is hoped for that the price list does not say.
fn split(price: &Price, prompt_tokens: u64, prefix: Prefix) -> [(Unit, u64); 3] {
    let priced = |unit, count: u64| if price.rate(unit).is_some() { count } else { 0 };
    let warm = priced(Unit::CacheRead, prefix.warm_tokens.min(prompt_tokens));
    let cold = prompt_tokens.saturating_sub(warm);
    let written = priced(Unit::CacheWrite5m, prefix.written_tokens.min(cold));
    [(Unit::CacheRead, warm), (Unit::CacheWrite5m, written), (Unit::Input, cold.saturating_sub(written))]
}
