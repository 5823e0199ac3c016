//! Prices as dated rules.

mod audit;
mod diff;
mod file;
mod lines;
mod list;
mod rule;
mod week;

use std::collections::BTreeMap;

use money::{Currency, Money, MoneyError, Rate, Sum, Unit, UnitKind, Usage};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use thiserror::Error;

pub use audit::{Audit, PriceFinding, Severity, audit_prices};
pub use diff::{Change, PriceDiff, Quoted, RateChange};
pub use file::{LOCAL_VENDOR, prices};
pub use lines::{PriceLine, Terms};
pub use list::{ForeignList, ListError};
pub(crate) use rule::Pattern;
use rule::Rule;
pub(crate) use week::offset_seconds;

/// How fast, and how surely, an answer is promised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceClass {
    /// At once.
    #[default]
    Standard,
    /// Within a day.
    Batch,
    /// When there is room.
    Flex,
    /// Before others.
    Priority,
}

/// A model of a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelRef<'a> {
    /// The vendor's id: the name of its file in `data/prices/`.
    pub vendor: &'a str,
    /// The model's id in the vendor's words.
    pub model: &'a str,
}

/// What else a price depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// As the answer reports it; as it was asked for, until then.
    pub class: ServiceClass,
    /// All tokens that go in, cached or not: they choose one context tier for the whole request.
    pub input_tokens: u64,
}

/// All prices that are known. They are rules: a rule gives the rate of one unit for some models, from a date on, under
/// conditions (service class, context tier, schedule). Of the patterns that match a model the most specific one counts
/// alone: the full name, else the longest beginning. No two rules of a pattern can hold at once; files in which they
/// could are refused when they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    vendors: BTreeMap<String, Vendor>,
    reference: Option<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Vendor {
    /// What lists of others call it.
    also_known_as: Vec<String>,
    currency: Currency,
    /// East of Greenwich.
    offset_seconds: i64,
    rules: Vec<Rule>,
}

/// The price of a model at an instant: rates by unit, and which rules they came from. It is a snapshot that can be kept
/// with a hold, so that hold and settlement agree whatever becomes of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    vendor: String,
    model: String,
    currency: Currency,
    rates: BTreeMap<Unit, PriceRate>,
}

/// A rate and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceRate {
    /// Of the price's currency.
    pub rate: Rate,
    /// The rule, for statements: `prices/vendor.toml: price[3]`.
    pub rule: String,
}

/// There is no price. That is a state of its own: nothing is ever free because a rule is missing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "`{unit}` of {vendor}/{model} has no price then; add a rule to data/prices/{vendor}.toml, or use the model under a \
     plan that allows unpriced ones"
)]
pub struct Unpriced {
    /// Whose model.
    pub vendor: String,
    /// Which model.
    pub model: String,
    /// What of it.
    pub unit: Unit,
}

/// Why a cost cannot be said.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CostError {
    /// A unit that was used has no price.
    #[error(transparent)]
    Unpriced(#[from] Unpriced),
    /// The sum cannot be taken.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Prices {
    /// The price of a model at an instant.
    ///
    /// # Errors
    /// [`Unpriced`] when no rule is in force.
    pub fn price_at(&self, instant: Timestamp, model: ModelRef<'_>, facts: Facts) -> Result<Price, Unpriced> {
        let unpriced = || unpriced(model, Unit::Input);
        let vendor = self.vendors.get(model.vendor).ok_or_else(unpriced)?;
        let minute = week::minute_of_week(instant, vendor.offset_seconds);
        let rules = vendor.rules_of(model.model, instant, facts).filter(|rule| rule.week.covers(minute));
        let rates: BTreeMap<Unit, PriceRate> = rules.map(|rule| (rule.unit, rule.price_rate())).collect();
        if rates.is_empty() {
            return Err(unpriced());
        }
        let (vendor_id, model) = (model.vendor.to_owned(), model.model.to_owned());
        Ok(Price { vendor: vendor_id, model, currency: vendor.currency, rates })
    }

    /// The most that a request can cost that begins at an instant: the input that is known and the longest answer, each
    /// at the dearest rate that its kind has that day in any schedule. It is an upper bound, fit for a hold.
    ///
    /// # Errors
    /// When nothing of the input, or of the output, has a price; or the sum does not fit.
    pub fn ceiling(
        &self,
        instant: Timestamp,
        model: ModelRef<'_>,
        facts: Facts,
        max_output_tokens: u64,
    ) -> Result<Money, CostError> {
        let vendor = self.vendors.get(model.vendor).ok_or_else(|| unpriced(model, Unit::Input))?;
        let dearest = |kind: UnitKind, unit: Unit, count: u64| -> Result<Rate, Unpriced> {
            let rules = vendor.rules_of(model.model, instant, facts);
            let rate = rules.filter(|rule| rule.unit.kind() == kind).map(|rule| rule.rate).max();
            if count == 0 { Ok(rate.unwrap_or_default()) } else { rate.ok_or_else(|| unpriced(model, unit)) }
        };
        let input = dearest(UnitKind::InputTokens, Unit::Input, facts.input_tokens)?;
        let output = dearest(UnitKind::OutputTokens, Unit::Output, max_output_tokens)?;
        let amount = Rate::cost([(input, facts.input_tokens), (output, max_output_tokens)])?;
        Ok(amount.of(vendor.currency))
    }

    /// The model that savings are compared with: the `reference` of a vendor's file. There is none where no file has one.
    pub fn reference(&self) -> Option<ModelRef<'_>> {
        self.reference.as_ref().map(|(vendor, model)| ModelRef { vendor, model })
    }

    /// The vendors whose prices are known.
    pub fn vendors(&self) -> impl Iterator<Item = &str> {
        self.vendors.keys().map(String::as_str)
    }
}

impl Vendor {
    /// The rules of a model's most specific pattern that are in force but for their schedule.
    fn rules_of(&self, model: &str, instant: Timestamp, facts: Facts) -> impl Iterator<Item = &Rule> {
        let matching = self.rules.iter().filter_map(|rule| rule.pattern.rank(model));
        let best = matching.max();
        let model = model.to_owned();
        self.rules
            .iter()
            .filter(move |rule| best.is_some() && rule.pattern.rank(&model) == best)
            .filter(move |rule| rule.is_in_force(instant, facts))
    }
}

impl Price {
    /// The exact cost of what was used, in the vendor's currency, before it is rounded: to be rounded once, or converted
    /// and rounded in one step.
    ///
    /// # Errors
    /// When something that was used has no price, or the sum does not fit.
    pub fn sum(&self, usage: &Usage) -> Result<Sum, CostError> {
        usage.parts().try_fold(Sum::default(), |sum, (unit, count)| {
            let rate = self.rate(unit).ok_or_else(|| self.unpriced(unit))?.rate;
            Ok(sum.and(rate, count)?)
        })
    }

    /// The cost of what was used, in the vendor's currency, rounded once.
    ///
    /// # Errors
    /// When something that was used has no price, or the sum does not fit.
    pub fn cost(&self, usage: &Usage) -> Result<Money, CostError> {
        Ok(self.sum(usage)?.round()?.of(self.currency))
    }

    /// The rate of a unit. Reasoning is a part of the output that a few vendors price apart; where they do not, it costs
    /// what the rest of the output does. No other unit borrows a rate.
    pub fn rate(&self, unit: Unit) -> Option<&PriceRate> {
        let own = self.rates.get(&unit);
        if unit == Unit::Reasoning { own.or_else(|| self.rates.get(&Unit::Output)) } else { own }
    }

    /// The vendor.
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// The vendor's currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    fn unpriced(&self, unit: Unit) -> Unpriced {
        unpriced(ModelRef { vendor: &self.vendor, model: &self.model }, unit)
    }
}

fn unpriced(model: ModelRef<'_>, unit: Unit) -> Unpriced {
    Unpriced { vendor: model.vendor.to_owned(), model: model.model.to_owned(), unit }
}
