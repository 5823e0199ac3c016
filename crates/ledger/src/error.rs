use money::{Amount, Currency, Money, MoneyError};
use stdx::{CommandId, HoldId, RunId, Timestamp};
use thiserror::Error;

use crate::{Account, Reason};

/// Why a command was not carried out. Nothing of it was.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LedgerError {
    /// The same id was used for something else before.
    #[error("command {id} was given before with other content; give a new instruction an id of its own")]
    Conflict {
        /// The id that stands for something else.
        id: CommandId,
    },
    /// A balance would fall below its floor.
    #[error("{account} has {balance} {currency} and may not fall below {floor}; {missing} more is needed")]
    BelowFloor {
        /// Whose balance.
        account: Account,
        /// In which currency.
        currency: Currency,
        /// What is there.
        balance: Amount,
        /// What must be left.
        floor: Amount,
        /// How much more would have to be there.
        missing: Amount,
    },
    /// The charge is more than was set aside.
    #[error("the charge of {charge} is more than the {held} that are held; extend the hold first")]
    BeyondHold {
        /// What was set aside.
        held: Amount,
        /// What was to be charged.
        charge: Amount,
    },
    /// There is no such hold.
    #[error("hold {hold} does not exist")]
    UnknownHold {
        /// The hold that was named.
        hold: HoldId,
    },
    /// The hold's id is taken.
    #[error("hold {hold} exists already, made by another command")]
    HoldExists {
        /// The hold that was named.
        hold: HoldId,
    },
    /// The run has a hold already, open or ended.
    #[error("run {run} has hold {hold} already; extend that one while it is open")]
    RunHeld {
        /// The run.
        run: RunId,
        /// Its hold.
        hold: HoldId,
    },
    /// The hold has ended.
    #[error("hold {hold} has ended already; a run is settled at most once")]
    Closed {
        /// The hold that was named.
        hold: HoldId,
    },
    /// The hold's time is over.
    #[error("the time of hold {hold} was over at {expired_at}; it can only be expired")]
    TooLate {
        /// The hold that was named.
        hold: HoldId,
        /// When its time was over.
        expired_at: Timestamp,
    },
    /// The hold's time is not over.
    #[error("hold {hold} may be expired from {expires_at} on; settle or release it until then")]
    TooEarly {
        /// The hold that was named.
        hold: HoldId,
        /// When its time will be over.
        expires_at: Timestamp,
    },
    /// A hold can be taken from members' accounts only.
    #[error("{account} cannot be held; only a wallet or an allowance can")]
    NotHoldable {
        /// The account that was named.
        account: Account,
    },
    /// An amount is below zero, or zero where something must move.
    #[error("{what} is {amount}, which is not an amount that can be moved")]
    NotAnAmount {
        /// Which amount.
        what: &'static str,
        /// What it is.
        amount: Amount,
    },
    /// This reason does not move money between these accounts.
    #[error("{} does not move money from {from} to {to}", .reason.as_str())]
    NotAllowed {
        /// The reason that was given.
        reason: Reason,
        /// Where the money was to come from.
        from: Account,
        /// Where it was to go.
        to: Account,
    },
    /// Lines that do not add up to nothing.
    #[error("debits and credits differ by {off}; nothing was entered")]
    Unbalanced {
        /// Credits less debits.
        off: Money,
    },
    /// A set without a line.
    #[error("there is nothing to enter")]
    Nothing,
    /// A sum cannot be taken.
    #[error(transparent)]
    Money(#[from] MoneyError),
}
