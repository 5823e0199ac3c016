//! Giving back what was paid.

use money::payment::{Fact, Happened, RefundOrder};
use money::{Amount, Money, MoneyError};
use stdx::RefundId;
use thiserror::Error;

use crate::{Change, Now, Order, Verdict};

/// Why nothing is given back.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RefundError {
    /// No such payment.
    #[error("this order has no payment {payment:?}; choose one of those that it has")]
    NotPaid {
        /// The name that was given.
        payment: String,
    },
    /// There is nothing above zero to give back.
    #[error("{amount} is not an amount that can be given back")]
    NotAnAmount {
        /// What was asked for.
        amount: Amount,
    },
    /// More than is left of the payment.
    #[error("{left} is left of this payment; give back that much at most")]
    TooMuch {
        /// What is left of it.
        left: Money,
    },
    /// The id stands for another refund.
    #[error("refund {refund} was asked for before with other content; give a new one an id of its own")]
    Conflict {
        /// The id that is taken.
        refund: RefundId,
    },
    /// The member has spent it.
    #[error("the member has spent {missing} of it; give back less, or credit the wallet first")]
    Spent {
        /// How much the wallet lacks.
        missing: Amount,
    },
    /// A sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Order {
    /// Begins a refund: the money leaves the wallet now, so that it cannot be spent while the gateway works, and comes
    /// back if the gateway refuses ([`Happened::RefundFailed`] with the same id). Asked again with the same id it
    /// changes nothing and gives the same instruction for the gateway.
    ///
    /// # Errors
    /// When it cannot be given back; nothing changes then.
    pub fn refund(
        &self,
        refund: RefundId,
        payment: &str,
        amount: Amount,
        now: Now,
    ) -> Result<(RefundOrder, Option<Change>), RefundError> {
        if !amount.is_positive() {
            return Err(RefundError::NotAnAmount { amount });
        }
        let known = self.evidence.payments.get(payment);
        let paid = known.and_then(|known| Some((known, known.paid(self.price)?)));
        let Some((known, paid)) = paid else {
            return Err(RefundError::NotPaid { payment: payment.to_owned() });
        };
        let name = refund.to_string();
        let money = amount.of(paid.currency);
        let order = RefundOrder { refund, payment: payment.to_owned(), paid, money };
        if let Some(before) = known.refunds.get(&name) {
            let same = before.money == money && !known.failed_refunds.contains(&name);
            return if same { Ok((order, None)) } else { Err(RefundError::Conflict { refund }) };
        }
        let left = known.left(paid)?;
        if amount > left {
            return Err(RefundError::TooMuch { left: left.of(paid.currency) });
        }
        let fact = Fact {
            gateway: self.gateway.clone(),
            event: format!("asked:{name}"),
            payment: payment.to_owned(),
            order: Some(self.id),
            what: Happened::RefundAsked { refund: name, money },
        };
        match self.learn(&fact, now)? {
            Verdict::Change(change) => match change.shortfall() {
                Some(missing) => Err(RefundError::Spent { missing }),
                None => Ok((order, Some(*change))),
            },
            Verdict::Ignore | Verdict::Refuse(_) => Ok((order, None)),
        }
    }

    /// Our refunds whose end is not known.
    pub fn open_refunds(&self) -> Vec<RefundId> {
        let open = self.evidence.payments.values().flat_map(|payment| {
            payment
                .refunds
                .iter()
                .filter(|(name, refund)| !refund.done && !payment.failed_refunds.contains(name.as_str()))
        });
        open.filter_map(|(name, _)| name.parse().ok()).collect()
    }

    /// That a gateway refused a refund for good: the fact to learn, so that what was taken for it comes back.
    pub fn refund_refused(&self, order: &RefundOrder) -> Fact {
        let refund = order.refund.to_string();
        Fact {
            gateway: self.gateway.clone(),
            event: format!("refused:{refund}"),
            payment: order.payment.clone(),
            order: Some(self.id),
            what: Happened::RefundFailed { refund },
        }
    }
}

impl Change {
    fn shortfall(&self) -> Option<Amount> {
        self.effects.iter().find_map(|effect| match effect {
            crate::Effect::Shortfall { missing } => Some(*missing),
            _ => None,
        })
    }
}
