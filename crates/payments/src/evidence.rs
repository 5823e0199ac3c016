use std::collections::{BTreeMap, BTreeSet};

use money::payment::{Fact, Happened};
use money::{Amount, Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};

/// All that was said about an order. It only grows, and what is in it does not depend on what came first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Money is on its way.
    pub pending: bool,
    /// The gateway does not wait for a payment any more.
    pub failed: bool,
    /// The payments, by the gateway's names for them.
    pub payments: BTreeMap<String, Payment>,
}

/// All that was said about a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// What was said to be paid. One amount, unless a gateway contradicts itself.
    pub paid: BTreeSet<Money>,
    /// The largest sum of refunds, by currency.
    pub refunded_in_all: BTreeMap<Currency, Amount>,
    /// Single refunds: those that were carried out, and ours from the moment they are asked for.
    pub refunds: BTreeMap<String, Refund>,
    /// Refunds that failed. They count nothing, whatever else was said of them.
    pub failed_refunds: BTreeSet<String>,
    /// Refunds that need somebody to do something at the gateway.
    pub stuck_refunds: BTreeSet<String>,
    /// What the payer's bank took back. No sum of refunds counts it.
    pub disputes: BTreeMap<String, Money>,
    /// Disputes that were won. They count nothing.
    pub won_disputes: BTreeSet<String>,
    /// Somebody decided that it is credit, whatever the order asks for.
    #[serde(default)]
    pub kept: bool,
}

/// A single refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// How much it gives back.
    pub money: Money,
    /// True once the gateway said that it was carried out.
    pub done: bool,
}

impl Evidence {
    /// With one fact more.
    pub(crate) fn with(&self, fact: &Fact) -> Self {
        let mut all = self.clone();
        match &fact.what {
            Happened::Pending => all.pending = true,
            Happened::Failed => all.failed = true,
            what => all.payments.entry(fact.payment.clone()).or_default().add(what),
        }
        all
    }
}

impl Payment {
    fn add(&mut self, what: &Happened) {
        match what {
            Happened::Pending | Happened::Failed => {}
            Happened::Paid { money } => {
                self.paid.insert(*money);
            }
            Happened::RefundedInAll { money } => {
                let most = self.refunded_in_all.entry(money.currency).or_default();
                *most = (*most).max(money.amount);
            }
            Happened::RefundAsked { refund, money } => self.add_refund(refund, *money, false),
            Happened::Refunded { refund, money } => self.add_refund(refund, *money, true),
            Happened::Disputed { dispute, money } => {
                let known = self.disputes.entry(dispute.clone()).or_insert(*money);
                *known = (*known).max(*money);
            }
            Happened::Kept => self.kept = true,
            Happened::DisputeWon { dispute } => {
                self.won_disputes.insert(dispute.clone());
            }
            Happened::RefundStuck { refund } => {
                self.stuck_refunds.insert(refund.clone());
            }
            Happened::RefundFailed { refund } => {
                self.failed_refunds.insert(refund.clone());
            }
        }
    }

    fn add_refund(&mut self, refund: &str, money: Money, done: bool) {
        let known = self.refunds.entry(refund.to_owned()).or_insert(Refund { money, done });
        *known = Refund { money: known.money.max(money), done: known.done || done };
    }

    /// True when exactly the price was paid.
    pub fn is_of(&self, price: Money) -> bool {
        self.paid.contains(&price)
    }

    /// What was paid, taken as the price if the price was said; nothing before anything was.
    pub fn paid(&self, price: Money) -> Option<Money> {
        self.paid.get(&price).or_else(|| self.paid.last()).copied()
    }

    /// What was given back of it in a currency: the sum of the refunds that are known one by one, or the gateway's own
    /// sum if that is more, because somebody gave back at the gateway's own page; and what disputes took. A refund that
    /// was carried out and came back is in the largest sum that the gateway ever named, and is taken out of it.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn refunded(&self, currency: Currency) -> Result<Amount, MoneyError> {
        let single = self.sum(currency, |_, failed| !failed)?;
        let came_back = self.sum(currency, |refund, failed| failed && refund.done)?;
        let in_all = self.refunded_in_all.get(&currency).copied().unwrap_or_default();
        let given_back = in_all.checked_sub(came_back).ok_or(MoneyError::Overflow)?.max(single);
        let lost = self.open_disputes().map(|(_, money)| money).filter(|money| money.currency == currency);
        Amount::sum(lost.map(|money| money.amount).chain([given_back]))
    }

    /// The disputes that were not won.
    pub(crate) fn open_disputes(&self) -> impl Iterator<Item = (&String, Money)> {
        let open = self.disputes.iter().filter(|(name, _)| !self.won_disputes.contains(name.as_str()));
        open.map(|(name, money)| (name, *money))
    }

    /// The sum of the refunds in a currency that are to be counted, given whether they failed.
    fn sum(&self, currency: Currency, counts: impl Fn(&Refund, bool) -> bool) -> Result<Amount, MoneyError> {
        let refunds = self.refunds.iter().filter(|(name, refund)| {
            let failed = self.failed_refunds.contains(name.as_str());
            refund.money.currency == currency && counts(refund, failed)
        });
        Amount::sum(refunds.map(|(_, refund)| refund.money.amount))
    }

    /// What is left of what was paid; never below nothing.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn left(&self, paid: Money) -> Result<Amount, MoneyError> {
        let left = paid.amount.checked_sub(self.refunded(paid.currency)?).ok_or(MoneyError::Overflow)?;
        Ok(left.max(Amount::ZERO))
    }
}
