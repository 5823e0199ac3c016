use money::{Amount, Currency, Money};
use serde::{Deserialize, Serialize};
use stdx::{CommandId, HoldId, RunId, Timestamp};

use crate::{Account, Leg, Reason};

/// An instruction to the ledger. The id stands for the act: sent again, whenever that is, it changes nothing; sent with
/// another act it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Made by the sender, once for each intention.
    pub id: CommandId,
    /// When it is carried out; not part of what it says.
    pub at: Timestamp,
    /// What to do.
    pub act: Act,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Move money between two accounts.
    Transfer {
        /// Why.
        reason: Reason,
        /// Whose balance falls.
        from: Account,
        /// Whose balance rises.
        to: Account,
        /// By how much; above zero.
        money: Money,
    },
    /// Set aside what a run may cost, all of it or nothing.
    Hold {
        /// The hold's id, made by the sender.
        hold: HoldId,
        /// The run; it has this one hold.
        run: RunId,
        /// The currency of the legs.
        currency: Currency,
        /// What to take, in the order in which it is to be spent: the allowance before the wallet.
        legs: Vec<Leg>,
        /// How long it may stay open.
        ttl_seconds: u32,
    },
    /// Set aside more, and begin its time anew.
    Extend {
        /// An open hold.
        hold: HoldId,
        /// What to take in addition.
        legs: Vec<Leg>,
        /// How long it may stay open from now.
        ttl_seconds: u32,
    },
    /// Charge a run, give the rest back.
    Settle {
        /// An open hold.
        hold: HoldId,
        /// What to charge.
        bill: Bill,
    },
    /// Charge nothing, give all back.
    Release {
        /// An open hold.
        hold: HoldId,
        /// What providers cost all the same, each in its own currency.
        costs: Vec<Money>,
    },
    /// End a hold whose time is over, charging what the journal shows.
    Expire {
        /// An open hold.
        hold: HoldId,
        /// What to charge: nothing, where the journal is empty.
        bill: Bill,
    },
}

/// What a run costs, whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bill {
    /// What the member pays, in the currency of the hold.
    pub charge: Amount,
    /// How much of the charge is tax.
    pub tax: Amount,
    /// What providers cost, one for each attempt, each in its own currency.
    pub costs: Vec<Money>,
}
