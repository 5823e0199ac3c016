//! What a provider bills against what was entered for it.

use std::collections::{BTreeMap, BTreeSet};

use money::{Amount, Currency, Money, MoneyError};

use stdx::Timestamp;

use crate::{Account, Act, Reason};

/// What a day of a model cost, by one of the two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCost {
    /// The provider's day: `2026-11-03`.
    pub day: String,
    /// The model.
    pub model: String,
    /// What it cost.
    pub cost: Money,
}

/// A day of a model in one currency, by both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The provider's day.
    pub day: String,
    /// The model.
    pub model: String,
    /// Of the amounts.
    pub currency: Currency,
    /// What was entered here; absent when nothing was.
    pub ours: Option<Amount>,
    /// What the provider bills; absent when it bills nothing.
    pub theirs: Option<Amount>,
}

/// How the two sides compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// To the micro-unit.
    Same,
    /// They differ by less than a bill's smallest step.
    Rounding,
    /// They differ by more.
    Different,
    /// Only the provider knows of it.
    MissingHere,
    /// Only these books know of it.
    MissingThere,
}

/// A hundredth of a currency: what bills are rounded to.
const STEP: Amount = Amount::from_micros(10_000);

/// Both sides, by day, model and currency.
///
/// # Errors
/// When a sum does not fit an amount.
pub fn reconcile(ours: &[DayCost], theirs: &[DayCost]) -> Result<Vec<Match>, MoneyError> {
    let (ours, theirs) = (sums(ours)?, sums(theirs)?);
    let keys: BTreeSet<&Key<'_>> = ours.keys().chain(theirs.keys()).collect();
    let of = |(day, model, currency): &Key<'_>| Match {
        day: (*day).to_owned(),
        model: (*model).to_owned(),
        currency: *currency,
        ours: ours.get(&(*day, *model, *currency)).copied(),
        theirs: theirs.get(&(*day, *model, *currency)).copied(),
    };
    Ok(keys.into_iter().map(of).collect())
}

impl Agreement {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Rounding => "rounding",
            Self::Different => "different",
            Self::MissingHere => "missing here",
            Self::MissingThere => "missing there",
        }
    }
}

impl Match {
    /// What the provider bills more than was entered; below zero when it is less.
    ///
    /// # Errors
    /// When it does not fit an amount.
    pub fn difference(&self) -> Result<Amount, MoneyError> {
        let (ours, theirs) = (self.ours.unwrap_or_default(), self.theirs.unwrap_or_default());
        theirs.checked_sub(ours).ok_or(MoneyError::Overflow)
    }

    /// How they compare.
    ///
    /// # Errors
    /// When the difference does not fit an amount.
    pub fn agreement(&self) -> Result<Agreement, MoneyError> {
        let difference = self.difference()?;
        Ok(match (self.ours, self.theirs) {
            _ if difference == Amount::ZERO => Agreement::Same,
            (None, _) => Agreement::MissingHere,
            (_, None) => Agreement::MissingThere,
            _ if difference.micros().unsigned_abs() < STEP.micros().unsigned_abs() => Agreement::Rounding,
            _ => Agreement::Different,
        })
    }

    /// What makes the books agree with the bill; nothing when they do. Less than a bill's smallest step is rounding, all
    /// else a correction of what the provider costs. What is owed to the provider is what it bills afterwards.
    ///
    /// # Errors
    /// When the difference does not fit an amount.
    pub fn adjustment(&self) -> Result<Option<Act>, MoneyError> {
        let difference = self.difference()?;
        let (reason, other) = match self.agreement()? {
            Agreement::Same => return Ok(None),
            Agreement::Rounding => (Reason::Rounding, Account::Rounding),
            Agreement::Different | Agreement::MissingHere | Agreement::MissingThere => {
                (Reason::Correction, Account::ProviderCost)
            }
        };
        let transfer = |from, to, amount: Amount| {
            Some(Act::Transfer { reason, from, to, money: amount.of(self.currency) })
        };
        if difference.is_positive() {
            return Ok(transfer(other, Account::Payable, difference));
        }
        let less = Amount::ZERO.checked_sub(difference).ok_or(MoneyError::Overflow)?;
        Ok(transfer(Account::Payable, other, less))
    }
}

/// The day that has an instant in it where clocks are `offset_minutes` ahead of UTC: `2026-11-03`.
pub fn day_of(instant: Timestamp, offset_minutes: i32) -> String {
    let offset =
        offset_minutes.checked_mul(60).and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok());
    offset.unwrap_or(jiff::tz::Offset::UTC).to_datetime(instant.into()).date().to_string()
}

type Key<'a> = (&'a str, &'a str, Currency);

fn sums(costs: &[DayCost]) -> Result<BTreeMap<Key<'_>, Amount>, MoneyError> {
    let mut all: BTreeMap<Key<'_>, Vec<Amount>> = BTreeMap::new();
    for DayCost { day, model, cost } in costs {
        all.entry((day, model, cost.currency)).or_default().push(cost.amount);
    }
    all.into_iter().map(|(key, amounts)| Ok((key, Amount::sum(amounts)?))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cost(day: &str, model: &str, micros: i64) -> DayCost {
        let cost = Amount::from_micros(micros).of("USD".parse().unwrap());
        DayCost { day: day.to_owned(), model: model.to_owned(), cost }
    }

    fn transfer(reason: Reason, from: Account, to: Account, micros: i64) -> Option<Act> {
        let money = Amount::from_micros(micros).of("USD".parse().unwrap());
        Some(Act::Transfer { reason, from, to, money })
    }

    #[test]
    fn every_day_of_a_model_is_compared_with_the_bill() {
        let ours = [
            cost("2026-11-01", "a", 700_000),
            cost("2026-11-01", "a", 300_000),
            cost("2026-11-01", "b", 5_000),
            cost("2026-11-02", "a", 1_004_999),
            cost("2026-11-03", "a", 2_000_000),
        ];
        let theirs = [
            cost("2026-11-01", "a", 1_000_000),
            cost("2026-11-02", "a", 1_000_000),
            cost("2026-11-03", "a", 2_500_000),
            cost("2026-11-04", "a", 40_000),
        ];
        let matches = reconcile(&ours, &theirs).unwrap();
        let found: Vec<(&str, &str, Agreement, Option<Act>)> = matches
            .iter()
            .map(|it| (it.day.as_str(), it.model.as_str(), it.agreement().unwrap(), it.adjustment().unwrap()))
            .collect();
        let (cost, payable, rounding) = (Account::ProviderCost, Account::Payable, Account::Rounding);
        let expected = [
            ("2026-11-01", "a", Agreement::Same, None),
            ("2026-11-01", "b", Agreement::MissingThere, transfer(Reason::Correction, payable, cost, 5_000)),
            ("2026-11-02", "a", Agreement::Rounding, transfer(Reason::Rounding, payable, rounding, 4_999)),
            ("2026-11-03", "a", Agreement::Different, transfer(Reason::Correction, cost, payable, 500_000)),
            ("2026-11-04", "a", Agreement::MissingHere, transfer(Reason::Correction, cost, payable, 40_000)),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn currencies_are_never_compared_with_each_other() {
        let mut euros = cost("2026-11-01", "a", 7);
        euros.cost.currency = "EUR".parse().unwrap();
        let matches = reconcile(&[cost("2026-11-01", "a", 7)], &[euros]).unwrap();
        let found: Vec<Agreement> = matches.iter().map(|it| it.agreement().unwrap()).collect();
        assert_eq!(found, [Agreement::MissingHere, Agreement::MissingThere]);
    }

    proptest! {
        #[test]
        fn what_is_owed_afterwards_is_what_is_billed(
            ours in prop::collection::vec((1_u8..4, 0_i64..50_000), 0..20),
            theirs in prop::collection::vec((1_u8..4, -50_000_i64..50_000), 0..20),
        ) {
            let costs = |list: &[(u8, i64)]| -> Vec<DayCost> {
                list.iter().map(|(day, micros)| cost(&format!("2026-11-0{day}"), "a", *micros)).collect()
            };
            let mut owed: i64 = ours.iter().map(|(_, micros)| micros).sum();
            for it in reconcile(&costs(&ours), &costs(&theirs)).unwrap() {
                match it.adjustment().unwrap() {
                    Some(Act::Transfer { to: Account::Payable, money, .. }) => owed += money.amount.micros(),
                    Some(Act::Transfer { from: Account::Payable, money, .. }) => owed -= money.amount.micros(),
                    other => prop_assert_eq!(other, None),
                }
            }
            prop_assert_eq!(owed, theirs.iter().map(|(_, micros)| micros).sum::<i64>());
        }
    }
}
