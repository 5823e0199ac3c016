//! What a run did cost, and the writes that charge it.

use agent::Outcome;
use courses::{Shares, shares};
use ledger::{Account, Act, Basis, Command, LedgerError, Reason, Share};
use money::Amount;
use plans::Pay;
use ports::{Attempt, AttemptEnding};
use stdx::Timestamp;
use store::charges::{self, Charge, Settled};
use store::ledger::Sheet;
use store::{StoreError, Write, routes};
use thiserror::Error;
use wire::{Cost, PaidBy, RunState};

use super::hold::{expiry, hold_of, placed};
use crate::routing::{self, Trail, Used};
use crate::{App, AppError};
use tariff::is_local;

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

/// How something ended that was held for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended<'a> {
    /// How.
    pub(crate) outcome: &'a Outcome,
    /// What came of asking providers.
    pub(crate) attempts: &'a [Attempt],
    /// Who was asked.
    pub(crate) trail: &'a Trail,
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
        ended: Ended<'_>,
        seen: HoldSeen,
    ) -> Result<Option<Bill>, StoreError> {
        match self.bill(charge, ended, seen).await {
            Ok(bill) => Ok(Some(bill)),
            Err(Unsettled::Store(error)) => Err(error),
            Err(error) => {
                tracing::error!(run = %charge.run_id, %error, "a run was not settled");
                Ok(None)
            }
        }
    }

    /// Settles a run: charges what is owed, gives the rest back.
    async fn bill(&self, charge: &Charge, ended: Ended<'_>, seen: HoldSeen) -> Result<Bill, Unsettled> {
        let uncountable = |error: &dyn std::fmt::Display| Unsettled::Count(error.to_string());
        let Ended { outcome, attempts, trail } = ended;
        let followed = &trail.followed;
        let (model, began_at) = (followed.model.as_str(), charge.began_at);
        let shares = shares(outcome, attempts, followed, is_local(model));
        let Shares { member, drafts, operator } = shares.map_err(|error| uncountable(&error))?;
        let kept = charge.price.as_ref().filter(|_| charge.model == model);
        let cost = self.tariff.cost(began_at, model, kept, &member.usage);
        let cost = cost.map_err(|error| uncountable(&error))?;
        let drafted = self.cost_of_drafts(began_at, followed.unseen_by(), &drafts);
        let paid = member.and(&drafts).map_err(|error| uncountable(&error))?;
        let is_included = charge.pay == Pay::Included;
        // What a hold does not cover the member does not owe.
        let whole = cost.zip(drafted).and_then(|(answer, drafts)| answer.checked_add(drafts)).or(cost);
        let amount = whole.filter(|_| !is_included).unwrap_or_default().min(charge.ceiling);
        let bill = Cost {
            micros: amount.micros(),
            currency: charge.currency.to_string(),
            paid_by: paid_by(charge.pay),
            is_estimated: paid.basis == Basis::Estimated,
            is_unpriced: cost.is_none() || drafted.is_none(),
        };
        let at_provider = |(told, share): &(Option<&Attempt>, Share)| {
            self.tariff.cost_at_provider((began_at, model), *told, &share.usage)
        };
        let used = Used {
            began_at,
            answer: &member.usage,
            cost,
            drafted,
            before: self.cost_before(began_at, model, &operator),
        };
        let route = trail.policy.as_ref().map(|_| {
            let has_answered = outcome.state == RunState::Succeeded;
            let ending = routing::ending(self, trail, has_answered.then_some(used));
            routes::end(charge.scope, charge.run_id, &ending, has_answered.then_some(model))
        });
        let is_recalled = attempts.iter().any(|attempt| attempt.ending == AttemptEnding::Recalled);
        if outcome.state == RunState::Succeeded && !is_recalled {
            self.noted.watched.answered(charge, trail, used);
        }
        let costs = operator.iter().filter_map(at_provider).collect();
        let settled = Settled { at: self.clock.now(), amount, basis: paid.basis, usage: paid.usage, costs };
        let mut writes = self.settlement(charge, &settled, seen).await?;
        if !writes.is_empty() {
            let another =
                (charge.model != model).then(|| charges::answered_by(charge.scope, charge.run_id, model));
            writes.splice(0..0, another.into_iter().chain(route));
        }
        Ok(Bill { cost: bill, writes })
    }

    /// What drafts that were not shown cost their member; nothing is known where they have no price.
    fn cost_of_drafts(&self, began_at: Timestamp, model: &str, drafts: &[Share]) -> Option<Amount> {
        let costs = drafts.iter().map(|share| self.tariff.cost(began_at, model, None, &share.usage).ok()?);
        Amount::sum(costs.collect::<Option<Vec<_>>>()?).ok()
    }

    /// What attempts cost that others were asked after, in the workspace's currency; nothing is known where something of that
    /// has no price.
    fn cost_before(
        &self,
        began_at: Timestamp,
        model: &str,
        operator: &[(Option<&Attempt>, Share)],
    ) -> Option<Amount> {
        let is_before = |attempt: &Attempt| is_local(model) || attempt.ending != AttemptEnding::Answered;
        let before =
            operator.iter().filter(|(told, share)| told.is_some_and(is_before) && !share.usage.is_empty());
        let costs = before.map(|(told, share)| {
            let cost = self.tariff.cost_at_provider((began_at, model), *told, &share.usage)?;
            self.tariff.converted(began_at, cost)
        });
        Amount::sum(costs.collect::<Option<Vec<_>>>()?).ok()
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
