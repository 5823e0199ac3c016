//! A statement as whoever pays reads it. The page of the web folds in the same way (`web/src/pages/plan/foldStatement.ts`).

use std::collections::BTreeMap;

use money::{Amount, MoneyError};

use crate::{Account, Reason, Statement, StatementLine};

/// A statement of which the wallet adds up, with what the plan gave beside it: the statement's opening, `totals` and `aside`
/// make its closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldedStatement<'a> {
    /// With what is in the wallet after each. What a plan grants an answer and takes back of it is in no line of its own.
    pub lines: Vec<(&'a StatementLine, Amount)>,
    /// What the wallet got and paid, by why.
    pub totals: BTreeMap<Reason, Amount>,
    /// What the plan has set aside for answers that go on over the turn of the month.
    pub aside: Amount,
    /// How many answers the plan paid for.
    pub covered_answers: usize,
    /// What those cost.
    pub covered: Amount,
}

impl Statement {
    /// For each answer a plan grants what that may cost at most, and takes back the rest. Nobody pays either: both are folded
    /// into the answer, whose line says what it cost.
    ///
    /// # Errors
    /// When a sum does not fit, which no statement that was made has.
    pub fn folded(&self) -> Result<FoldedStatement<'_>, MoneyError> {
        let mut folded = FoldedStatement {
            lines: Vec::new(),
            totals: BTreeMap::new(),
            aside: Amount::ZERO,
            covered_answers: 0,
            covered: Amount::ZERO,
        };
        let mut left = self.opening;
        for line in &self.lines {
            let reason = said_as(line.reason);
            let is_plans = matches!(line.account, Account::Allowance(_));
            if is_plans {
                add(&mut folded.aside, line.amount)?;
                if reason == Reason::Settlement && line.amount.is_negative() {
                    folded.covered_answers += 1;
                    folded.covered = folded.covered.checked_sub(line.amount).ok_or(MoneyError::Overflow)?;
                }
            } else {
                add(folded.totals.entry(reason).or_default(), line.amount)?;
                add(&mut left, line.amount)?;
            }
            if !(is_plans && matches!(reason, Reason::Grant | Reason::Lapse)) {
                folded.lines.push((line, left));
            }
        }
        Ok(folded)
    }
}

/// Different ends and beginnings of an answer that whoever pays has one word for.
const fn said_as(reason: Reason) -> Reason {
    match reason {
        Reason::Expiry => Reason::Settlement,
        Reason::Extension => Reason::Hold,
        other => other,
    }
}

fn add(sum: &mut Amount, more: Amount) -> Result<(), MoneyError> {
    *sum = sum.checked_add(more).ok_or(MoneyError::Overflow)?;
    Ok(())
}
