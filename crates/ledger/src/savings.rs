//! What choosing cheaper models saved, and what it would have: some answers together.

use money::{Amount, Currency, Money, MoneyError};
use stdx::Timestamp;

/// What the routes of a policy came to where one model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The policy.
    pub policy: String,
    /// Who answered.
    pub model: String,
    /// How many answers.
    pub answers: u64,
    /// Those of them of which it is known what they saved: the sums are theirs.
    pub known: u64,
    /// What was really used.
    pub cost: Amount,
    /// What it would have cost at the reference.
    pub reference: Amount,
    /// The difference; below zero it cost more.
    pub saved: Amount,
}

/// What a watched policy would have done with an answered question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// The policy that is watched.
    pub watched: String,
    /// What was asked for: a policy or a model.
    pub asked: String,
    /// Who was asked first.
    pub model: String,
    /// Who would have been; absent: nobody.
    pub choice: Option<String>,
    /// What was really used; absent where something of it has no price.
    pub cost: Option<Amount>,
    /// What the same tokens would have cost at the choice.
    pub would_cost: Option<Amount>,
}

/// The shadows of a policy on one day, together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadows {
    /// The policy that is watched.
    pub watched: String,
    /// An instant of the day.
    pub at: Timestamp,
    /// How many answers.
    pub answers: u64,
    /// Those that somebody else would have been asked for.
    pub elsewhere: u64,
    /// Those that nobody would have been asked for.
    pub nobody: u64,
    /// Those of which it is known what they would have cost: the sums are theirs.
    pub known: u64,
    /// What was really used.
    pub cost: Amount,
    /// What it would have cost.
    pub would_cost: Amount,
}

/// Some answers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedSum {
    /// How many.
    pub answers: u64,
    /// Those of which it is known what they saved; the amounts are theirs.
    pub known: u64,
    /// What was really used, failed attempts included.
    pub cost: Money,
    /// What the same tokens would have cost at the policies' references.
    pub at_reference: Money,
    /// That, less the cost; below zero it was dearer.
    pub saved: Money,
}

/// Some answers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WouldSum {
    /// How many others were asked for.
    pub answers: u64,
    /// Those that the policy would have asked somebody else for.
    pub elsewhere: u64,
    /// Those that it would have asked nobody for.
    pub nobody: u64,
    /// Those of which it is known what it would have saved; the amounts are theirs.
    pub known: u64,
    /// What was really used.
    pub cost: Money,
    /// What the same tokens would have cost where the policy would have asked.
    pub would_cost: Money,
    /// The difference; below zero it would have been dearer.
    pub would_save: Money,
}

impl SavedSum {
    /// Of these, in one currency.
    ///
    /// # Errors
    /// When a sum does not fit an amount.
    pub fn of(rows: &[Saved], currency: Currency) -> Result<Self, MoneyError> {
        let sum = |amount: fn(&Saved) -> Amount| Ok(Amount::sum(rows.iter().map(amount))?.of(currency));
        Ok(Self {
            answers: rows.iter().map(|row| row.answers).sum(),
            known: rows.iter().map(|row| row.known).sum(),
            cost: sum(|row| row.cost)?,
            at_reference: sum(|row| row.reference)?,
            saved: sum(|row| row.saved)?,
        })
    }
}

impl WouldSum {
    /// Of these, in one currency.
    ///
    /// # Errors
    /// When a sum does not fit an amount.
    pub fn of(rows: &[Shadows], currency: Currency) -> Result<Self, MoneyError> {
        let count = |count: fn(&Shadows) -> u64| rows.iter().map(count).sum();
        let sum = |amount: fn(&Shadows) -> Amount| Ok(Amount::sum(rows.iter().map(amount))?.of(currency));
        let (cost, would_cost) = (sum(|row| row.cost)?, sum(|row| row.would_cost)?);
        Ok(Self {
            answers: count(|row| row.answers),
            elsewhere: count(|row| row.elsewhere),
            nobody: count(|row| row.nobody),
            known: count(|row| row.known),
            cost,
            would_cost,
            would_save: cost.minus(would_cost)?,
        })
    }
}
