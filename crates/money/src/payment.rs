//! What is said about payments between us and those who take them: gateways, and people with cash.

use serde::{Deserialize, Serialize};
use stdx::{OrderId, RefundId};

use crate::Money;

/// Something that a gateway said and that is known to come from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Who says it: the name of the driver.
    pub gateway: String,
    /// The gateway's name for this message. The same message has it again when it is repeated; another one never has.
    pub event: String,
    /// The gateway's name for the payment.
    pub payment: String,
    /// Our order. Absent where the gateway names its payment only: then the order is the one that has this payment.
    pub order: Option<OrderId>,
    /// What it says.
    pub what: Happened,
}

/// What happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happened", rename_all = "snake_case", deny_unknown_fields)]
pub enum Happened {
    /// The payer did their part; the money is on its way.
    Pending,
    /// The money is there.
    Paid {
        /// What the gateway says was paid.
        money: Money,
    },
    /// Nothing will be paid any more: it failed, or the time for it is over.
    Failed,
    /// So much was given back up to now, all refunds together.
    RefundedInAll {
        /// The sum of all refunds.
        money: Money,
    },
    /// We asked for a refund. No gateway says this; what begins a refund does.
    RefundAsked {
        /// Our id of it.
        refund: String,
        /// How much it is to give back.
        money: Money,
    },
    /// One refund was carried out.
    Refunded {
        /// Our id of the refund if it is ours, else the gateway's name for it.
        refund: String,
        /// How much it gave back.
        money: Money,
    },
    /// A refund was not carried out and never will be, or it came back.
    RefundFailed {
        /// Our id of the refund if it is ours, else the gateway's name for it.
        refund: String,
    },
    /// The payer's bank took money back without asking.
    Disputed {
        /// The gateway's name for the dispute.
        dispute: String,
        /// How much it took.
        money: Money,
    },
    /// A dispute was won: what the bank took came back.
    DisputeWon {
        /// The gateway's name for the dispute.
        dispute: String,
    },
    /// The payment is credit for whoever ordered, though it is not what the order asks for. No gateway says this; a person
    /// decides it.
    Kept,
    /// A refund cannot go on unless somebody does something at the gateway.
    RefundStuck {
        /// Our id of the refund if it is ours, else the gateway's name for it.
        refund: String,
    },
}

/// What a gateway is told to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// Our id of the refund; repeating it gives nothing back twice.
    pub refund: RefundId,
    /// The gateway's name for the payment.
    pub payment: String,
    /// What was paid.
    pub paid: Money,
    /// How much of it to give back.
    pub money: Money,
}
