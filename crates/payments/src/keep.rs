//! Crediting what was paid beyond an order, instead of giving it back.

use money::payment::{Fact, Happened};
use money::{Money, MoneyError};
use thiserror::Error;

use crate::{Change, Now, Order, Verdict};

/// Why a payment is not credited.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KeepError {
    /// No such payment, or nothing is left of it.
    #[error(
        "this order has no payment {payment:?} of which anything is left; choose one of those that it has"
    )]
    NotPaid {
        /// The name that was given.
        payment: String,
    },
    /// It is what the order asks for.
    #[error(
        "this payment is what the order asks for and is counted already; there is nothing to credit beside it"
    )]
    Counted,
    /// It is in another currency.
    #[error("{paid} is in another currency than the order; give it back")]
    OtherCurrency {
        /// What was paid.
        paid: Money,
    },
    /// A sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Order {
    /// Credits a payment to the member that is not what the order asks for: another amount, or one that came twice. From
    /// then on it is the member's like any other credit, and what is given back of it comes out of the wallet. Decided
    /// again it changes nothing.
    ///
    /// # Errors
    /// When there is nothing to credit; nothing changes then.
    pub fn keep(&self, payment: &str, now: Now) -> Result<Option<(Fact, Change)>, KeepError> {
        let not_paid = || KeepError::NotPaid { payment: payment.to_owned() };
        let known = self.evidence.payments.get(payment).ok_or_else(not_paid)?;
        if known.kept {
            return Ok(None);
        }
        let paid = known.paid(self.price).ok_or_else(not_paid)?;
        if paid.currency != self.price.currency {
            return Err(KeepError::OtherCurrency { paid });
        }
        if !known.left(paid)?.is_positive() {
            return Err(not_paid());
        }
        let fact = Fact {
            gateway: self.gateway.clone(),
            event: format!("kept:{}:{payment}", self.id),
            payment: payment.to_owned(),
            order: Some(self.id),
            what: Happened::Kept,
        };
        match self.learn(&fact, now)? {
            Verdict::Change(change) if change.order.worth()? == self.worth()? => Ok(Some((fact, *change))),
            Verdict::Change(_) | Verdict::Ignore | Verdict::Refuse(_) => Err(KeepError::Counted),
        }
    }
}
