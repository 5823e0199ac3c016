//! What another list of prices says that these do not.

use std::collections::{BTreeMap, BTreeSet};

use money::{Rate, Unit, UnitKind};
use stdx::Timestamp;

use super::list::ForeignList;
use super::{LOCAL_VENDOR, PriceLine, Prices, ServiceClass, Terms};

/// What differs about the prices of some models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceDiff {
    /// Whose models.
    pub vendor: String,
    /// Which: a name, or a beginning that ends in `*`.
    pub models: String,
    /// How they differ.
    pub change: Change,
    /// In what.
    pub rates: Vec<RateChange>,
}

/// How the prices of some models differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the other list has them.
    New,
    /// Only these prices have them.
    Gone,
    /// Both have them, and say something else.
    Changed,
}

/// What both say about one unit; one of several hours of the week may be meant, so there may be several rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateChange {
    /// Of what.
    pub unit: Unit,
    /// Under which conditions.
    pub terms: Terms,
    /// What these prices say.
    pub ours: BTreeSet<Quoted>,
    /// What the other list says.
    pub theirs: BTreeSet<Quoted>,
}

/// A rate as somebody says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quoted {
    /// One that can be kept.
    Exact(Rate),
    /// A number with digits that no price has; what it says for one thing.
    TooFine(String),
}

impl Quoted {
    /// For a million tokens, or for one of whatever is no token; for people.
    pub fn of(&self, unit: Unit) -> String {
        match self {
            Self::Exact(rate) => per(unit, *rate),
            Self::TooFine(text) => format!("{text} each, which cannot be kept exactly"),
        }
    }
}

/// What a rate is for people: for a million tokens, or for one of whatever is no token.
pub(super) fn per(unit: Unit, rate: Rate) -> String {
    match unit.kind() {
        UnitKind::InputTokens | UnitKind::OutputTokens => rate.per_million().to_string(),
        UnitKind::Other => format!("{} each", rate.per_thing()),
    }
}

pub(super) type Rates = BTreeMap<(Unit, Terms), BTreeSet<Quoted>>;

impl Prices {
    /// What other price files say, at an instant: by vendor, then by models, what is new, gone or changed.
    pub fn diff(&self, other: &Self, instant: Timestamp) -> Vec<PriceDiff> {
        let (ours, theirs) = (by_models(self.lines(instant)), by_models(other.lines(instant)));
        let all: BTreeSet<&(String, String)> = ours.keys().chain(theirs.keys()).collect();
        let diff = |key: &(String, String)| match (ours.get(key), theirs.get(key)) {
            (Some(ours), Some(theirs)) => changed(key, ours, theirs, |_| true),
            (None, Some(theirs)) => Some(one_sided(key, Change::New, &Rates::new(), theirs)),
            (Some(ours), None) => Some(one_sided(key, Change::Gone, ours, &Rates::new())),
            (None, None) => None,
        };
        all.into_iter().filter_map(diff).collect()
    }

    /// What a list of somebody else says, at an instant. Only vendors that both know are compared. Where these prices
    /// have several rates by the hour, the list must have the same ones.
    pub fn diff_list(&self, list: &ForeignList, instant: Timestamp) -> Vec<PriceDiff> {
        let mut diffs = Vec::new();
        for (id, vendor) in self.vendors.iter().filter(|(id, _)| *id != LOCAL_VENDOR) {
            let names = vendor.also_known_as.iter().map(String::as_str).chain([id.as_str()]);
            let models: BTreeMap<&str, &Rates> = names.flat_map(|name| list.models_of(name)).collect();
            if models.is_empty() {
                continue;
            }
            let mut found = BTreeSet::new();
            for (model, theirs) in models {
                let key = (id.clone(), model.to_owned());
                let lines = self.lines_of(id, model, instant);
                found.extend(lines.iter().map(|line| line.models.clone()));
                let ours = rates(&lines);
                let classes: BTreeSet<ServiceClass> = ours.keys().map(|(_, terms)| terms.class).collect();
                // A class that is not priced here at all is not offered here.
                let is_offered = |terms: &Terms| classes.contains(&terms.class);
                diffs.extend(match ours.is_empty() {
                    true => Some(one_sided(&key, Change::New, &Rates::new(), theirs)),
                    false => changed(&key, &ours, theirs, is_offered),
                });
            }
            let lines: Vec<PriceLine> = self.lines(instant).filter(|line| line.vendor == *id).collect();
            for (key, ours) in by_models(lines.into_iter()) {
                if !found.contains(&key.1) {
                    diffs.push(one_sided(&key, Change::Gone, &ours, &Rates::new()));
                }
            }
        }
        diffs
    }
}

fn by_models(lines: impl Iterator<Item = PriceLine>) -> BTreeMap<(String, String), Rates> {
    let mut all: BTreeMap<(String, String), Rates> = BTreeMap::new();
    for line in lines {
        let key = (line.vendor, line.models);
        all.entry(key)
            .or_default()
            .entry((line.unit, line.terms))
            .or_default()
            .insert(Quoted::Exact(line.rate));
    }
    all
}

/// In the terms of lists, which know a lower bound of the input and no hours.
fn rates(lines: &[PriceLine]) -> Rates {
    let mut rates = Rates::new();
    for line in lines {
        let terms =
            Terms { class: line.terms.class, input_above: line.terms.input_above, ..Terms::default() };
        rates.entry((line.unit, terms)).or_default().insert(Quoted::Exact(line.rate));
    }
    rates
}

fn changed(
    (vendor, models): &(String, String),
    ours: &Rates,
    theirs: &Rates,
    is_meant: impl Fn(&Terms) -> bool,
) -> Option<PriceDiff> {
    let mut changes = compare(ours, theirs);
    changes.retain(|change| is_meant(&change.terms));
    let (vendor, models) = (vendor.clone(), models.clone());
    (!changes.is_empty()).then_some(PriceDiff { vendor, models, change: Change::Changed, rates: changes })
}

fn one_sided((vendor, models): &(String, String), change: Change, ours: &Rates, theirs: &Rates) -> PriceDiff {
    PriceDiff { vendor: vendor.clone(), models: models.clone(), change, rates: compare(ours, theirs) }
}

fn compare(ours: &Rates, theirs: &Rates) -> Vec<RateChange> {
    let all: BTreeSet<&(Unit, Terms)> = ours.keys().chain(theirs.keys()).collect();
    let of = |rates: &Rates, key: &(Unit, Terms)| rates.get(key).cloned().unwrap_or_default();
    all.into_iter()
        .map(|key| RateChange {
            unit: key.0,
            terms: key.1.clone(),
            ours: of(ours, key),
            theirs: of(theirs, key),
        })
        .filter(|change| change.ours != change.theirs)
        .collect()
}
