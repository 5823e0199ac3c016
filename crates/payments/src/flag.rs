use std::collections::BTreeSet;

use money::{Amount, Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::Order;

/// Something about an order that a person has to look at. It goes away by itself when it is put right: money that should
/// not be there, when it is given back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "flag", rename_all = "snake_case")]
pub enum Flag {
    /// Another amount was paid than the order says. Nothing was credited for it; give it back.
    WrongAmount {
        /// The payment.
        payment: String,
        /// What was paid.
        paid: Money,
    },
    /// It was paid in another currency than the order says. Nothing was credited for it; give it back.
    WrongCurrency {
        /// The payment.
        payment: String,
        /// What was paid.
        paid: Money,
    },
    /// The order was paid more than once. It was credited once; give the rest back.
    PaidTwice {
        /// What was paid beyond the price.
        extra: Money,
    },
    /// More was given back than was paid, or in another currency.
    RefundTooLarge {
        /// The payment.
        payment: String,
        /// What was given back.
        refunded: Money,
    },
    /// A refund did not reach the payer. What was taken from the wallet for it is there again, unless the gateway's sum of
    /// all refunds still counts it; try again or another way.
    RefundFailed {
        /// The payment.
        payment: String,
        /// The refund.
        refund: String,
    },
    /// A refund waits for somebody to do something at the gateway.
    RefundStuck {
        /// The payment.
        payment: String,
        /// The refund.
        refund: String,
    },
    /// The payer's bank took money back. Answer at the gateway, in the time that it gives.
    Disputed {
        /// The payment.
        payment: String,
        /// The dispute.
        dispute: String,
    },
}

impl Order {
    /// What a person has to look at.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub fn flags(&self) -> Result<BTreeSet<Flag>, MoneyError> {
        let mut flags = BTreeSet::new();
        let mut net = Vec::new();
        for (name, payment) in &self.evidence.payments {
            // What is kept is credited: nobody has to give it back.
            for paid in payment.paid.iter().copied().filter(|_| !payment.kept) {
                let left = payment.left(paid)?;
                let payment = || name.clone();
                if paid == self.price {
                    net.push(left);
                } else if !left.is_positive() {
                    // It was given back.
                } else if paid.currency == self.price.currency {
                    flags.insert(Flag::WrongAmount { payment: payment(), paid });
                } else {
                    flags.insert(Flag::WrongCurrency { payment: payment(), paid });
                }
            }
            self.flag_refunds(name, &mut flags)?;
        }
        let extra = Amount::sum(net)?.checked_sub(self.price.amount).ok_or(MoneyError::Overflow)?;
        if extra.is_positive() {
            flags.insert(Flag::PaidTwice { extra: extra.of(self.price.currency) });
        }
        Ok(flags)
    }

    fn flag_refunds(&self, name: &str, flags: &mut BTreeSet<Flag>) -> Result<(), MoneyError> {
        let Some(payment) = self.evidence.payments.get(name) else { return Ok(()) };
        let refunds = payment.failed_refunds.iter().cloned();
        flags.extend(refunds.map(|refund| Flag::RefundFailed { payment: name.to_owned(), refund }));
        let is_done = |name: &str| payment.refunds.get(name).is_some_and(|refund| refund.done);
        let stuck = payment.stuck_refunds.difference(&payment.failed_refunds).filter(|name| !is_done(name));
        flags.extend(stuck.cloned().map(|refund| Flag::RefundStuck { payment: name.to_owned(), refund }));
        let disputes = payment.open_disputes().map(|(dispute, _)| dispute.clone());
        flags.extend(disputes.map(|dispute| Flag::Disputed { payment: name.to_owned(), dispute }));
        // A refund may be heard of before the payment: what was paid is not known then.
        let Some(paid) = payment.paid(self.price) else { return Ok(()) };
        let single = payment.refunds.values().map(|refund| refund.money.currency);
        let disputed = payment.disputes.values().map(|money| money.currency);
        let named = payment.refunded_in_all.keys().copied();
        for currency in named.chain(single).chain(disputed).collect::<BTreeSet<_>>() {
            let refunded = payment.refunded(currency)?.of(currency);
            let most = if currency == paid.currency { paid.amount } else { Amount::ZERO };
            if refunded.amount > most {
                flags.insert(Flag::RefundTooLarge { payment: name.to_owned(), refunded });
            }
        }
        Ok(())
    }
}
