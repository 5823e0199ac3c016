use money::{Amount, Currency, MoneyError};
use serde::{Deserialize, Serialize};
use stdx::{HoldId, RunId, Timestamp};

use crate::{Account, Line};

/// A part of a hold: what was taken from one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// A wallet or an allowance.
    pub account: Account,
    /// How much of it.
    pub amount: Amount,
}

/// Whether a hold can still be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum HoldState {
    /// The run goes on.
    Open,
    /// The run was charged.
    Settled {
        /// What it was charged.
        charge: Amount,
    },
    /// The run was not charged.
    Released,
    /// Its time was over; the run was charged by the journal.
    Expired {
        /// What it was charged.
        charge: Amount,
    },
}

/// Money set aside for a run until it is known what the run costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The one run that it is for.
    pub run: RunId,
    /// The currency of all its legs.
    pub currency: Currency,
    /// What was taken, in the order in which it is spent.
    pub legs: Vec<Leg>,
    /// From this instant on it can only be expired.
    pub expires_at: Timestamp,
    /// Whether it can still be settled.
    pub state: HoldState,
}

impl Hold {
    /// All that is set aside.
    ///
    /// # Errors
    /// When it does not fit an amount, which no hold that was accepted does.
    pub fn held(&self) -> Result<Amount, MoneyError> {
        Amount::sum(self.legs.iter().map(|leg| leg.amount))
    }

    /// True until it was settled, released or expired.
    pub fn is_open(&self) -> bool {
        self.state == HoldState::Open
    }

    /// How much of a cost the hold covers. What it does not cover the member does not owe: whoever could not extend the
    /// hold bears it.
    ///
    /// # Errors
    /// As [`Hold::held`].
    pub fn covered(&self, cost: Amount) -> Result<Amount, MoneyError> {
        Ok(cost.min(self.held()?))
    }

    /// What goes back to each account when `charge` is spent, in the order of the legs.
    pub(crate) fn rest_after(&self, charge: Amount) -> Result<Vec<Line>, MoneyError> {
        let mut due = charge;
        let mut lines = Vec::new();
        for leg in &self.legs {
            let spent = due.min(leg.amount);
            due = due.checked_sub(spent).ok_or(MoneyError::Overflow)?;
            let rest = leg.amount.checked_sub(spent).ok_or(MoneyError::Overflow)?;
            lines.push(Line { account: leg.account, money: rest.of(self.currency) });
        }
        Ok(lines)
    }
}
