use money::{Amount, Money, MoneyError};
use serde::{Deserialize, Serialize};
use stdx::{MemberId, OrderId, Timestamp};

use crate::Evidence;

/// What a member wants to buy, and what was heard of it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Its id, which gateways are told and give back.
    pub id: OrderId,
    /// Who buys.
    pub member: MemberId,
    /// What they buy.
    pub product: Product,
    /// What they have to pay: exactly this amount in exactly this currency.
    pub price: Money,
    /// How they pay: the name of the driver. What others say about this order counts nothing.
    pub gateway: String,
    /// The gateway's name for what it began for us, for drivers that ask by it.
    pub reference: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// What was heard of it.
    pub evidence: Evidence,
    /// What became of a plan that was paid; nothing for anything else, and before it is paid.
    pub delivery: Option<Delivery>,
}

/// What can be bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "product", rename_all = "snake_case", deny_unknown_fields)]
pub enum Product {
    /// The price as credit in the wallet.
    TopUp,
    /// The first period of a plan.
    Plan {
        /// The plan's id.
        plan: String,
    },
}

/// What a member has for a plan that they paid. Money that cannot begin a plan is theirs all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "delivery", rename_all = "snake_case", deny_unknown_fields)]
pub enum Delivery {
    /// The plan began.
    Begun {
        /// When: the beginning of the period that was paid.
        at: Timestamp,
    },
    /// The plan did not begin; what was paid went into the wallet.
    Credited {
        /// Why.
        because: NotBegun,
    },
    /// The plan began, and ended when its price was given back.
    Ended,
}

/// Why a plan did not begin though it was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotBegun {
    /// It is not offered any more, or not in this currency.
    NotOffered,
    /// The member has one by now that is no less.
    NotAbove,
    /// The member is suspended or gone.
    Inactive,
    /// The wallet is below its floor; what was paid made up for it first.
    Debt,
    /// It had begun and ended because the money was given back; then the money came again.
    CameBack,
}

/// How it stands with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing was paid yet.
    Open,
    /// The money is on its way.
    Pending,
    /// It was paid.
    Paid,
    /// It was paid, and a part of it was given back.
    PartlyRefunded,
    /// It was paid, and all of it was given back.
    Refunded,
    /// It was not paid, and the gateway does not wait any more.
    Closed,
}

impl Order {
    /// How it stands. Money that comes after all, though the gateway had given up, counts.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn status(&self) -> Result<Status, MoneyError> {
        let was_paid = self.evidence.payments.values().any(|payment| payment.is_of(self.price));
        let worth = self.worth()?;
        Ok(match (was_paid, self.evidence.failed, self.evidence.pending) {
            (true, _, _) if worth == self.price.amount => Status::Paid,
            (true, _, _) if worth.is_positive() => Status::PartlyRefunded,
            (true, _, _) => Status::Refunded,
            (false, true, _) => Status::Closed,
            (false, false, true) => Status::Pending,
            (false, false, false) => Status::Open,
        })
    }

    /// What is to be credited for it at this point: what is left of payments of exactly the price, and never more than
    /// the price. Any other payment counts nothing.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn worth(&self) -> Result<Amount, MoneyError> {
        let matching =
            self.evidence.payments.values().filter(|payment| payment.is_of(self.price) && !payment.kept);
        let left: Result<Vec<_>, _> = matching.map(|payment| payment.left(self.price)).collect();
        Ok(Amount::sum(left?)?.min(self.price.amount))
    }

    /// What is credited beside it: what is left of the payments that somebody decided to keep.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn extra_credit(&self) -> Result<Amount, MoneyError> {
        let kept = self.evidence.payments.values().filter(|payment| payment.kept);
        let paid = kept.filter_map(|payment| Some((payment, payment.paid(self.price)?)));
        let ours = paid.filter(|(_, paid)| paid.currency == self.price.currency);
        let left: Result<Vec<_>, _> = ours.map(|(payment, paid)| payment.left(paid)).collect();
        Amount::sum(left?)
    }
}
