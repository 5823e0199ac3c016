use std::collections::BTreeMap;

use money::{Amount, Currency, Money};
use serde::Serialize;
use stdx::{CommandId, RunId, Timestamp};

use crate::{Account, LedgerError, Reason};

/// A change of one account: above zero a credit, below a debit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// Whose balance changes.
    pub account: Account,
    /// By how much.
    pub money: Money,
}

/// A line as it is stored, with the reason it was made for. Entries are never changed; a mistake is put right by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The command that made it.
    pub command: CommandId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// For which run, if for one.
    pub run: Option<RunId>,
    /// Whose balance changes.
    pub account: Account,
    /// By how much: above zero a credit, below a debit.
    pub money: Money,
}

/// Lines that were made together and balance: in every currency they add up to nothing. There is no way to have one that
/// does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntrySet {
    reason: Reason,
    run: Option<RunId>,
    lines: Vec<Line>,
}

impl EntrySet {
    /// Of these lines. Lines of one account and currency become one, lines of nothing fall away.
    ///
    /// # Errors
    /// When they do not balance, when nothing is left, or when a sum does not fit.
    pub fn new(
        reason: Reason,
        run: Option<RunId>,
        lines: impl IntoIterator<Item = Line>,
    ) -> Result<Self, LedgerError> {
        let mut sums: BTreeMap<(Account, Currency), Vec<Amount>> = BTreeMap::new();
        for Line { account, money } in lines {
            sums.entry((account, money.currency)).or_default().push(money.amount);
        }
        let mut merged = Vec::new();
        for ((account, currency), amounts) in sums {
            let amount = Amount::sum(amounts)?;
            if amount != Amount::ZERO {
                merged.push(Line { account, money: amount.of(currency) });
            }
        }
        if let Some(off) = imbalance(merged.iter().map(|line| line.money))? {
            return Err(LedgerError::Unbalanced { off });
        }
        if merged.is_empty() {
            return Err(LedgerError::Nothing);
        }
        Ok(Self { reason, run, lines: merged })
    }

    /// The lines, at most one for each account and currency.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines as they are stored.
    pub fn entries(&self, command: CommandId, at: Timestamp) -> impl Iterator<Item = Entry> + '_ {
        self.lines.iter().map(move |line| Entry {
            command,
            at,
            reason: self.reason,
            run: self.run,
            account: line.account,
            money: line.money,
        })
    }
}

/// By how much, in the first currency in which it is so, these amounts do not add up to nothing.
pub(crate) fn imbalance(moneys: impl IntoIterator<Item = Money>) -> Result<Option<Money>, LedgerError> {
    let mut by_currency: BTreeMap<Currency, Vec<Amount>> = BTreeMap::new();
    for money in moneys {
        by_currency.entry(money.currency).or_default().push(money.amount);
    }
    for (currency, amounts) in by_currency {
        let sum = Amount::sum(amounts)?;
        if sum != Amount::ZERO {
            return Ok(Some(sum.of(currency)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(account: Account, micros: i64, currency: &str) -> Line {
        Line { account, money: Amount::from_micros(micros).of(currency.parse().unwrap()) }
    }

    #[test]
    fn lines_that_do_not_balance_cannot_be_a_set() {
        let lines = [line(Account::Cash, -5, "CNY"), line(Account::Revenue, 4, "CNY")];
        let error = EntrySet::new(Reason::Correction, None, lines).unwrap_err().to_string();
        assert_eq!(error, "debits and credits differ by -0.000001 CNY; nothing was entered");
    }

    #[test]
    fn balance_is_kept_in_every_currency_by_itself() {
        let mixed = [line(Account::Cash, -5, "CNY"), line(Account::Revenue, 5, "USD")];
        assert!(matches!(
            EntrySet::new(Reason::Correction, None, mixed),
            Err(LedgerError::Unbalanced { .. })
        ));
    }

    #[test]
    fn one_line_for_each_account_and_none_of_nothing() {
        let lines = [
            line(Account::Cash, -5, "CNY"),
            line(Account::Cash, -2, "CNY"),
            line(Account::Tax, 0, "CNY"),
            line(Account::Revenue, 7, "CNY"),
        ];
        let set = EntrySet::new(Reason::Correction, None, lines).unwrap();
        assert_eq!(set.lines(), [line(Account::Cash, -7, "CNY"), line(Account::Revenue, 7, "CNY")]);
        assert_eq!(EntrySet::new(Reason::Correction, None, []), Err(LedgerError::Nothing));
    }
}
