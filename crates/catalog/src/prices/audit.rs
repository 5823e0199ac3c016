//! Looks for what the reader of a price file cannot refuse and a person would want to know.

use std::collections::{BTreeMap, BTreeSet};

use money::{Currency, ExchangeRates, Unit};
use stdx::Timestamp;

use super::file::read_vendor;
use super::rule::{Pattern, Rule};
use super::week::Week;
use super::{Facts, ModelRef, Prices, ServiceClass, Terms, Vendor};
use crate::DataTree;

/// Rates that are so many times their neighbours are looked at twice.
const FAR_APART: i64 = 20;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something cannot be priced, or a file cannot be read.
    Error,
    /// It may be right; somebody should look.
    Warning,
}

/// Something about prices that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceFinding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, or the rule.
    pub place: String,
    /// What it is.
    pub message: String,
}

/// What prices are held against.
#[derive(Clone, Copy, Debug)]
pub struct Audit<'a> {
    /// The instant.
    pub now: Timestamp,
    /// After how many days a source should be looked at again.
    pub oldest_days: u32,
    /// The models that are used here.
    pub in_use: &'a [ModelRef<'a>],
    /// The currency that members pay in.
    pub currency: Currency,
    /// What others are worth in it.
    pub exchange: &'a ExchangeRates,
}

/// Everything there is to say about the price files, errors first: files that cannot be read (all of them, not just the
/// first), models in use without a price, gaps in dates, tiers and hours, old comparisons, rates far apart, and currencies
/// that nothing is known of.
pub fn audit_prices(data: &DataTree, audit: &Audit<'_>) -> Vec<PriceFinding> {
    let mut findings = BTreeSet::new();
    let mut vendors = BTreeMap::new();
    for (name, text) in data.below("prices") {
        let Some(id) = name.strip_suffix(".toml") else { continue };
        match read_vendor(&format!("prices/{name}"), id, text) {
            Ok((vendor, _)) => drop(vendors.insert(id.to_owned(), vendor)),
            Err(error) => drop(findings.insert(PriceFinding {
                severity: Severity::Error,
                place: format!("prices/{name}"),
                message: error.to_string(),
            })),
        }
    }
    let prices = Prices { vendors, ..Prices::default() };
    findings.extend(unpriced(&prices, audit));
    findings.extend(prices.vendors.iter().flat_map(|(id, vendor)| currency(id, vendor, audit)));
    findings.extend(prices.vendors.values().flat_map(|vendor| age(vendor, audit)));
    for rules in groups(&prices).values() {
        findings.extend(gap(rules));
        findings.extend(far_apart(rules));
    }
    findings.extend(prices.vendors.values().flat_map(out_of_proportion));
    findings.into_iter().collect()
}

fn warning(place: impl Into<String>, message: String) -> PriceFinding {
    PriceFinding { severity: Severity::Warning, place: place.into(), message }
}

fn unpriced(prices: &Prices, audit: &Audit<'_>) -> Vec<PriceFinding> {
    let is_unpriced = |model: &&ModelRef<'_>| prices.price_at(audit.now, **model, Facts::default()).is_err();
    let finding = |model: &ModelRef<'_>| PriceFinding {
        severity: Severity::Error,
        place: format!("prices/{}.toml", model.vendor),
        message: format!("`{}` is used here and has no price", model.model),
    };
    audit.in_use.iter().filter(is_unpriced).map(finding).collect()
}

fn currency(id: &str, vendor: &Vendor, audit: &Audit<'_>) -> Option<PriceFinding> {
    let is_unknown = audit.exchange.at(audit.now, vendor.currency, audit.currency).is_err();
    let message = format!(
        "unpriced: no rate {}/{} at {}; add one to exchange/",
        vendor.currency, audit.currency, audit.now
    );
    is_unknown.then(|| warning(format!("prices/{id}.toml"), message))
}

/// Rules whose comparison with their source is old, or of a day that has not come.
fn age(vendor: &Vendor, audit: &Audit<'_>) -> Vec<PriceFinding> {
    let mut by_date: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for rule in &vendor.rules {
        by_date.entry((&rule.file, &rule.checked_on)).or_default().insert(&rule.name);
    }
    let mut findings = Vec::new();
    for ((file, date), rules) in by_date {
        let Ok(day) = date.parse::<jiff::civil::Date>() else { continue };
        let Ok(midnight) = jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)) else { continue };
        let days = audit.now.as_micros().saturating_sub(midnight.as_microsecond()).div_euclid(DAY_MICROS);
        let count = rules.len();
        if days > i64::from(audit.oldest_days) {
            let text = format!("{count} prices were compared with their source {days} days ago ({date})");
            findings.push(warning(file, text));
        } else if days < -1 {
            findings.push(warning(
                file,
                format!("{count} prices are said to be compared on {date}, which is to come"),
            ));
        }
    }
    findings
}

type Group<'a> = BTreeMap<(String, &'a Pattern, Unit, ServiceClass), Vec<&'a Rule>>;

fn groups(prices: &Prices) -> Group<'_> {
    let mut groups = Group::new();
    for (_, _, rule) in prices.rules() {
        let key = (rule.file.clone(), &rule.pattern, rule.unit, rule.class);
        groups.entry(key).or_default().push(rule);
    }
    groups
}

/// The first stretch of time, of input lengths or of the week that no rule of a group prices, after one of them began.
fn gap(rules: &[&Rule]) -> Option<PriceFinding> {
    let starts = rules.iter().map(|rule| rule.from);
    let ends = rules.iter().filter_map(|rule| rule.until);
    let instants: BTreeSet<Timestamp> = starts.chain(ends).collect();
    let first = rules.first()?;
    let class = Terms { class: first.class, ..Terms::default() }.to_string();
    let class = if class.is_empty() { class } else { format!(" ({class})") };
    let what = format!("`{}` of `{}`{class}", first.unit, first.pattern);
    for begin in instants {
        let dated: Vec<&Rule> = rules.iter().copied().filter(|rule| rule.is_dated(begin)).collect();
        if dated.is_empty() {
            return Some(warning(&first.file, format!("{what} has no price from {begin} on")));
        }
        let tiers = dated.iter().flat_map(|rule| [rule.input_above, rule.input_up_to]).flatten();
        let tiers: BTreeSet<u64> = tiers.chain([0]).collect();
        for above in tiers {
            let holds = |rule: &&Rule| {
                rule.input_above.is_none_or(|least| above >= least)
                    && rule.input_up_to.is_none_or(|most| above < most)
            };
            let weeks: Vec<&Week> = dated.iter().copied().filter(holds).map(|rule| &rule.week).collect();
            if weeks.is_empty() {
                let message = format!("{what} has no price above {above} tokens from {begin} on");
                return Some(warning(&first.file, message));
            }
            if !Week::cover_all(&weeks) {
                let message = format!("{what} has no price at some hours from {begin} on");
                return Some(warning(&first.file, message));
            }
        }
    }
    None
}

/// Rates of one unit of the same models that differ by much: a slip of the decimal point looks so.
fn far_apart(rules: &[&Rule]) -> Option<PriceFinding> {
    let priced = || rules.iter().filter(|rule| rule.rate.picos() > 0);
    let (low, high) = (priced().min_by_key(|rule| rule.rate)?, priced().max_by_key(|rule| rule.rate)?);
    let is_far = high.rate.picos() / FAR_APART > low.rate.picos();
    let message = || {
        format!(
            "`{}` of `{}` costs {} for a million, and {} in {}: more than {FAR_APART} times as much",
            high.unit,
            high.pattern,
            high.rate.per_million(),
            low.rate.per_million(),
            low.name,
        )
    };
    is_far.then(|| warning(high.place(), message()))
}

/// An answer that costs much more, or much less, than its question.
fn out_of_proportion(vendor: &Vendor) -> Vec<PriceFinding> {
    let mut by_place: BTreeMap<(String, &Pattern), BTreeMap<Unit, &Rule>> = BTreeMap::new();
    for rule in vendor.rules.iter().filter(|rule| rule.rate.picos() > 0) {
        by_place.entry((rule.place(), &rule.pattern)).or_default().insert(rule.unit, rule);
    }
    let mut findings = Vec::new();
    for ((place, pattern), units) in by_place {
        let (Some(input), Some(output)) = (units.get(&Unit::Input), units.get(&Unit::Output)) else {
            continue;
        };
        let (low, high) = (input.rate.min(output.rate), input.rate.max(output.rate));
        if high.picos() / FAR_APART > low.picos() {
            let (input, output) = (input.rate.per_million(), output.rate.per_million());
            let message = format!(
                "`input` of `{pattern}` costs {input} for a million and `output` {output}: more than {FAR_APART} times apart"
            );
            findings.push(warning(place, message));
        }
    }
    findings
}
