//! Rules as they stand in the files, for people and for comparisons.

use std::collections::BTreeSet;

use money::{Currency, Rate, Unit};
use stdx::Timestamp;

use super::diff::per;
use super::rule::{Pattern, Rule};
use super::week::minute_of_week;
use super::{Prices, ServiceClass, Vendor};

/// A rule: the rate of one unit for some models, the conditions under which it holds, and where that is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceLine {
    /// Whose models.
    pub vendor: String,
    /// Which of them: a name, or a beginning that ends in `*`.
    pub models: String,
    /// What is counted.
    pub unit: Unit,
    /// What one of it costs.
    pub rate: Rate,
    /// In this currency.
    pub currency: Currency,
    /// Under which conditions.
    pub terms: Terms,
    /// From when on.
    pub from: Timestamp,
    /// Until before when; absent: as long as nobody says otherwise.
    pub until: Option<Timestamp>,
    /// Where it stands: `prices/vendor.toml: price[3]`.
    pub rule: String,
    /// Where it is known from; what the owner charges has no source.
    pub source_url: Option<String>,
    /// The day on which it was compared with that.
    pub checked_on: String,
}

impl PriceLine {
    /// The rate for people: for a million tokens, or for one of whatever is no token.
    pub fn price(&self) -> String {
        per(self.unit, self.rate)
    }
}

/// The conditions of a rule, but for its dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    /// How fast an answer is promised.
    pub class: ServiceClass,
    /// More input tokens than this.
    pub input_above: Option<u64>,
    /// No more input tokens than this.
    pub input_up_to: Option<u64>,
    /// `during peak`, `outside peak`; absent: always.
    pub hours: Option<String>,
}

/// `batch, above 100000 tokens, during peak`; nothing without conditions.
impl std::fmt::Display for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        match self.class {
            ServiceClass::Standard => {}
            ServiceClass::Batch => parts.push("batch".to_owned()),
            ServiceClass::Flex => parts.push("flex".to_owned()),
            ServiceClass::Priority => parts.push("priority".to_owned()),
        }
        parts.extend(self.input_above.map(|tokens| format!("above {tokens} tokens")));
        parts.extend(self.input_up_to.map(|tokens| format!("up to {tokens} tokens")));
        parts.extend(self.hours.clone());
        f.write_str(&parts.join(", "))
    }
}

impl Prices {
    /// The rules that are in force at an instant, whatever the hour, in the order of the files.
    pub fn lines(&self, instant: Timestamp) -> impl Iterator<Item = PriceLine> {
        self.rules().filter(move |(.., rule)| rule.is_dated(instant)).map(line)
    }

    /// Those of them that price a model: the ones of its most specific pattern.
    pub fn lines_of(&self, vendor: &str, model: &str, instant: Timestamp) -> Vec<PriceLine> {
        let best = self.best_pattern(vendor, model);
        let rules = self.rules().filter(|(of, _, rule)| *of == vendor && Some(&rule.pattern) == best);
        rules.filter(|(.., rule)| rule.is_dated(instant)).map(line).collect()
    }

    /// Whether a rule holds at the very hour of an instant, too.
    pub fn is_hour_of(&self, line: &PriceLine, instant: Timestamp) -> bool {
        let Some(vendor) = self.vendors.get(&line.vendor) else { return false };
        let minute = minute_of_week(instant, vendor.offset_seconds);
        let mut same = vendor.rules.iter().filter(|rule| rule.place() == line.rule);
        same.any(|rule| rule.week.covers(minute))
    }

    /// The vendors that have a rule made for a model, and not just for everything.
    pub fn vendors_of(&self, model: &str) -> BTreeSet<&str> {
        let is_own = |pattern: &Pattern| *pattern != Pattern::all() && pattern.rank(model).is_some();
        self.rules().filter(|(.., rule)| is_own(&rule.pattern)).map(|(vendor, ..)| vendor).collect()
    }

    fn best_pattern(&self, vendor: &str, model: &str) -> Option<&Pattern> {
        let patterns = self.rules().filter(|(of, ..)| *of == vendor).map(|(.., rule)| &rule.pattern);
        patterns.filter(|pattern| pattern.rank(model).is_some()).max_by_key(|pattern| pattern.rank(model))
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (&str, &Vendor, &Rule)> {
        self.vendors
            .iter()
            .flat_map(|(id, vendor)| vendor.rules.iter().map(move |rule| (id.as_str(), vendor, rule)))
    }
}

pub(super) fn line((id, vendor, rule): (&str, &Vendor, &Rule)) -> PriceLine {
    PriceLine {
        vendor: id.to_owned(),
        models: rule.pattern.to_string(),
        unit: rule.unit,
        rate: rule.rate,
        currency: vendor.currency,
        terms: rule.terms(),
        from: rule.from,
        until: rule.until,
        rule: rule.place(),
        source_url: rule.source_url.clone(),
        checked_on: rule.checked_on.clone(),
    }
}
