//! What a run did cost, and the writes that charge it.

use agent::Outcome;
use ledger::{Account, Act, Basis, Command, LedgerError, Reason};
use money::Amount;
use plans::Pay;
use ports::Attempt;
use store::charges::{self, Charge, Settled};
use store::ledger::Sheet;
use store::{StoreError, Write};
use thiserror::Error;
use wire::{Cost, PaidBy};

use super::ending::shares;
use super::hold::{expiry, hold_of, placed};
use super::quote::is_local;
use crate::{App, AppError};

impl From<Unsettled> for AppError {
    fn from(error: Unsettled) -> Self {
        match error {
            Unsettled::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// What a run costs, ready to be stored with its end.
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    /// For the member.
    pub(crate) cost: Cost,
    /// To be stored with the end of the run; none when it was settled before.
    pub(crate) writes: Vec<Write>,
}

/// What is known of a hold when it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldSeen {
    /// That it was placed, and nothing since. When somebody else ended it, the writes fail as `is_outdated` tells.
    Placed,
    /// What is stored.
    Stored,
}

/// Why a run could not be settled.
#[derive(Debug, Error)]
pub(crate) enum Unsettled {
    /// The database cannot be read; later it can.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The books do not allow it, which is a mistake of ours.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What was used cannot be counted or priced.
    #[error("what was used cannot be billed: {0}")]
    Count(String),
}

impl App {
    /// Settles a run that ended. An answer is never lost for its bill: when the books do not allow it this is logged,
    /// nothing is charged, and what is held goes back when its time is over.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn bill_outcome(
        &self,
        charge: &Charge,
        outcome: &Outcome,
        attempts: &[Attempt],
        seen: HoldSeen,
    ) -> Result<Option<Bill>, StoreError> {
        match self.bill(charge, outcome, attempts, seen).await {
            Ok(bill) => Ok(Some(bill)),
            Err(Unsettled::Store(error)) => Err(error),
            Err(error) => {
                tracing::error!(run = %charge.run_id, %error, "a run was not settled");
                Ok(None)
            }
        }
    }

    /// Settles a run: charges what is owed, gives the rest back.
    async fn bill(
        &self,
        charge: &Charge,
        outcome: &Outcome,
        attempts: &[Attempt],
        seen: HoldSeen,
    ) -> Result<Bill, Unsettled> {
        let uncountable = |error: &dyn std::fmt::Display| Unsettled::Count(error.to_string());
        let shares =
            shares(outcome, attempts, is_local(&charge.model)).map_err(|error| uncountable(&error))?;
        let member = shares.member;
        let cost = self.tariff.cost(charge.began_at, &charge.model, charge.price.as_ref(), &member.usage);
        let cost = cost.map_err(|error| uncountable(&error))?;
        let is_included = charge.pay == Pay::Included;
        // What a hold does not cover the member does not owe.
        let amount = cost.filter(|_| !is_included).unwrap_or_default().min(charge.ceiling);
        let settled = Settled {
            at: self.clock.now(),
            amount,
            basis: member.basis,
            usage: member.usage,
            // This machine's own models have no provider.
            costs: shares
                .operator
                .iter()
                .filter_map(|(told, share)| self.tariff.cost_at_provider(charge, *told, &share.usage))
                .collect(),
        };
        let cost = Cost {
            micros: amount.micros(),
            currency: charge.currency.to_string(),
            paid_by: paid_by(charge.pay),
            is_estimated: settled.basis == Basis::Estimated,
            is_unpriced: cost.is_none(),
        };
        Ok(Bill { cost, writes: self.settlement(charge, &settled, seen).await? })
    }

    /// The writes that settle a run. There are none when it was settled before.
    pub(super) async fn settlement(
        &self,
        charge: &Charge,
        settled: &Settled,
        seen: HoldSeen,
    ) -> Result<Vec<Write>, Unsettled> {
        let commands = self.endings(charge, settled);
        let workspace_id = charge.scope.workspace_id;
        let mut sheet = match seen {
            HoldSeen::Placed => Sheet::of_hold(workspace_id, placed(charge)),
            HoldSeen::Stored => Sheet::read_hold(&self.db, workspace_id, hold_of(charge.run_id)).await?,
        };
        let mut writes = match sheet.perform_all(&commands) {
            Err(LedgerError::Closed { .. }) => return Ok(Vec::new()),
            performed => performed?,
        };
        writes.push(charges::settle(charge.scope, charge.run_id, settled));
        Ok(writes)
    }

    fn endings(&self, charge: &Charge, settled: &Settled) -> Vec<Command> {
        let command = |act: Act| Command { id: self.ids.make(), at: settled.at, act };
        let hold = hold_of(charge.run_id);
        let bill = ledger::Bill { charge: settled.amount, tax: Amount::ZERO, costs: settled.costs.clone() };
        let is_over = settled.at >= expiry(charge);
        let end = if is_over { Act::Expire { hold, bill } } else { Act::Settle { hold, bill } };
        let mut commands = vec![command(end)];
        // The plan gave the allowance for just this run; what is left of it goes back.
        let rest = charge.ceiling.checked_sub(settled.amount).unwrap_or_default();
        if charge.pay == Pay::Allowance && rest.is_positive() {
            let (from, to) = (Account::Allowance(charge.scope.member_id), Account::Promotions);
            let money = rest.of(charge.currency);
            commands.push(command(Act::Transfer { reason: Reason::Lapse, from, to, money }));
        }
        commands
    }
}

pub(super) fn paid_by(pay: Pay) -> PaidBy {
    match pay {
        Pay::Allowance => PaidBy::Allowance,
        Pay::Wallet => PaidBy::Wallet,
        Pay::Included => PaidBy::Included,
    }
}
