//! Which plan a member has: the one they hold or the one of their role, whichever is higher.

use ledger::{Account, LedgerError};
use money::{Amount, Money};
use payments::{PlanPayment, plan_commands};
use plans::{Bought, Plan, SubscriptionError, Turn};
use store::ledger::Sheet;
use store::subscriptions::{self, Because, Ended, Held, HeldKind, Standing};
use store::wallet::{self, Note};
use store::{Batch, Durability, Scope, StoreError, Write};
use wire::{ErrorCode, Remedy};

use super::refusal;
use crate::{Actor, App, AppError, Role};

/// How often somebody who was overtaken looks again.
pub(crate) const MOST_LOOKS: u32 = 8;

/// What a member has.
#[derive(Clone, Debug)]
pub(crate) struct Holding<'a> {
    /// The plan that counts.
    pub(crate) plan: &'a Plan,
    /// What they hold beside the plan of their role, also when that is over.
    pub(crate) held: Option<Held>,
    /// What is in the wallet, in the workspace's currency.
    pub(crate) wallet: Amount,
    /// Their own accounts as they were at that instant.
    pub(crate) sheet: Sheet,
}

impl Holding<'_> {
    /// What they hold, while it goes on.
    pub(crate) fn live(&self) -> Option<&Held> {
        self.held.as_ref().filter(|held| held.is_live())
    }
}

/// True when somebody else was faster: what was decided is to be looked at again.
pub(crate) fn is_overtaken(error: &StoreError) -> bool {
    let of_plan = matches!(
        error,
        StoreError::Expectation { name: subscriptions::SUBSCRIPTION }
            | StoreError::Conflict { name: subscriptions::SUBSCRIPTION | store::ledger::COMMAND }
    );
    of_plan || store::ledger::is_outdated(error)
}

/// Why a period cannot begin.
#[derive(Debug)]
pub(crate) enum Unpayable {
    /// The wallet lacks so much.
    Missing(Money),
    /// Something else.
    Other(AppError),
}

impl From<Unpayable> for AppError {
    fn from(error: Unpayable) -> Self {
        match error {
            Unpayable::Missing(missing) => Self {
                remedies: vec![Remedy::TopUp {
                    micros: missing.amount.micros(),
                    currency: missing.currency.to_string(),
                }],
                ..Self::new(ErrorCode::WalletEmpty, "The wallet has too little for this plan.")
            },
            Unpayable::Other(error) => error,
        }
    }
}

impl App {
    /// What the actor's member has.
    ///
    /// # Errors
    /// Those of [`App::holding_of`].
    pub(crate) async fn holding(&self, actor: &Actor) -> Result<Holding<'_>, AppError> {
        self.holding_of(actor.scope(), actor.role).await
    }

    /// What a member has. A period that is over is seen to first, so that nobody uses a plan beyond it, whenever the
    /// sweeper comes by.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub(crate) async fn holding_of(&self, scope: Scope, role: Role) -> Result<Holding<'_>, AppError> {
        for _ in 0..MOST_LOOKS {
            let standing = subscriptions::standing(&self.db, scope).await?;
            if let Some(holding) = self.holding_in(scope, role, standing).await? {
                return Ok(holding);
            }
        }
        Err(busy())
    }

    /// What a member has who stands so. Nothing when a period was over, which has been seen to: they are to be looked at again.
    pub(super) async fn holding_in(
        &self,
        scope: Scope,
        role: Role,
        standing: Standing,
    ) -> Result<Option<Holding<'_>>, AppError> {
        let Standing { held, sheet } = standing;
        if let Some(due) = held.as_ref().filter(|held| held.is_due(self.clock.now())) {
            self.turn_subscription(due).await?;
            return Ok(None);
        }
        let wallet = sheet.balance_of(Account::Wallet(scope.member_id), self.tariff.currency);
        Ok(Some(Holding { plan: self.plan_that_counts(role, held.as_ref())?, held, wallet, sheet }))
    }

    /// The plan of a role.
    pub(crate) fn plan_of_role(&self, role: Role) -> Result<&Plan, AppError> {
        let none = || AppError::new(ErrorCode::Internal, "There is no plan for this member.");
        self.tariff.plans.of_role(role.as_str()).ok_or_else(none)
    }

    fn plan_that_counts(&self, role: Role, held: Option<&Held>) -> Result<&Plan, AppError> {
        let of_role = self.plan_of_role(role)?;
        let Some(held) = held.filter(|held| held.is_live()) else { return Ok(of_role) };
        let plan = self.tariff.plans.get(&held.subscription.plan);
        if plan.is_none() {
            let (member, plan) = (held.scope.member_id, &held.subscription.plan);
            tracing::warn!(%member, plan, "a member holds a plan that is gone, and has the plan of their role");
        }
        Ok(plan.filter(|plan| plan.rank > of_role.rank).unwrap_or(of_role))
    }

    /// The writes that begin a period: what the member holds, what is given back and what is paid for it, all or nothing.
    /// They fail as [`is_overtaken`] tells when what is held is not as it was `seen` any more.
    pub(crate) async fn begin_period(
        &self,
        scope: Scope,
        seen: Option<&Held>,
        kind: HeldKind,
        bought: &Bought,
    ) -> Result<Vec<Write>, Unpayable> {
        let held = Held {
            scope,
            version: next_version(seen),
            kind,
            subscription: bought.subscription.clone(),
            currency: self.tariff.currency,
            ended: None,
        };
        let credit_currency = seen.map_or(held.currency, |seen| seen.currency);
        let payment = PlanPayment {
            member: scope.member_id,
            plan: &held.subscription.plan,
            change: held.version,
            charge: bought.charge.of(held.currency),
            credit: bought.credit.of(credit_currency),
        };
        let mut writes = vec![keep(seen, &held)];
        let given_back = seen.map(|seen| seen.subscription.plan.as_str());
        writes.extend(self.pay(scope, &payment, given_back).await?);
        Ok(writes)
    }

    /// The writes of a payment, with what is said about each movement.
    async fn pay(
        &self,
        scope: Scope,
        payment: &PlanPayment<'_>,
        given_back: Option<&str>,
    ) -> Result<Vec<Write>, Unpayable> {
        let commands = plan_commands(payment, self.clock.now());
        let sheet = Sheet::read(&self.db, scope.workspace_id, &commands).await;
        let mut sheet = sheet.map_err(|error| Unpayable::Other(error.into()))?;
        let mut writes = Vec::new();
        for command in &commands {
            let more = sheet.perform(command).map_err(|error| match error {
                LedgerError::BelowFloor { missing, currency, .. } => Unpayable::Missing(missing.of(currency)),
                other => Unpayable::Other(refusal::of_ledger(other)),
            })?;
            if more.is_empty() {
                continue;
            }
            let is_refund =
                matches!(command.act, ledger::Act::Transfer { reason: ledger::Reason::Refund, .. });
            let plan = if is_refund { given_back } else { Some(payment.plan) };
            writes.extend(more);
            writes.push(wallet::note(scope.workspace_id, command.id, &Note { plan, text: None }));
        }
        Ok(writes)
    }

    /// The writes that give back what is unused of a plan that is taken away.
    pub(crate) async fn give_back_unused(&self, seen: &Held, unused: Amount) -> Result<Vec<Write>, AppError> {
        let payment = PlanPayment {
            member: seen.scope.member_id,
            plan: &seen.subscription.plan,
            change: next_version(Some(seen)),
            charge: Amount::ZERO.of(seen.currency),
            credit: unused.of(seen.currency),
        };
        Ok(self.pay(seen.scope, &payment, Some(&seen.subscription.plan)).await?)
    }

    /// Sees to a period that is over: the next one begins and is paid, or what was held has ended and says why. When
    /// somebody else did it meanwhile, nothing is done; whoever needs to know looks again.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub(crate) async fn turn_subscription(&self, seen: &Held) -> Result<(), AppError> {
        let mut batch = Batch::new(Durability::Full);
        batch.extend(self.turned(seen).await?);
        match self.db.write(batch).await {
            Err(error) if is_overtaken(&error) => Ok(()),
            other => other.map(|_| ()).map_err(AppError::from),
        }
    }

    async fn turned(&self, seen: &Held) -> Result<Vec<Write>, AppError> {
        let (plans, now) = (&self.tariff.plans, self.clock.now());
        let member = seen.scope.member_id;
        let bought = match seen.subscription.turn(plans, now, self.tariff.offset_minutes) {
            Ok(Turn::None) => return Ok(Vec::new()),
            Ok(Turn::Begun(bought)) => bought,
            Ok(Turn::Ended) => {
                let because = if seen.kind == HeldKind::Given { Because::Over } else { Because::Cancelled };
                return Ok(vec![end(seen, because, seen.subscription.period.end)]);
            }
            Err(SubscriptionError::UnknownPlan { plan }) => {
                tracing::warn!(%member, plan, "a plan was not renewed: it is not offered any more");
                return Ok(vec![end(seen, Because::PlanGone, seen.subscription.period.end)]);
            }
            Err(other) => return Err(AppError::internal(other)),
        };
        match self.begin_period(seen.scope, Some(seen), HeldKind::Paid, &bought).await {
            Ok(writes) => Ok(writes),
            Err(Unpayable::Missing(missing)) => {
                let (missing, plan) = (missing.amount, &bought.subscription.plan);
                tracing::info!(%member, plan, %missing, "a plan was not renewed: the wallet has too little");
                Ok(vec![end(seen, Because::Unpaid, seen.subscription.period.end)])
            }
            Err(Unpayable::Other(error)) => Err(error),
        }
    }
}

/// The write that ends what was seen.
pub(crate) fn end(seen: &Held, because: Because, at: stdx::Timestamp) -> Write {
    let ended = Some(Ended { at, because });
    subscriptions::update(&Held { version: next_version(Some(seen)), ended, ..seen.clone() })
}

/// The write that puts `held` into the place of what was seen.
pub(crate) fn keep(seen: Option<&Held>, held: &Held) -> Write {
    if seen.is_some() { subscriptions::update(held) } else { subscriptions::insert(held) }
}

/// One more than what was seen.
pub(crate) fn next_version(seen: Option<&Held>) -> u64 {
    seen.map_or(1, |seen| seen.version.saturating_add(1))
}

/// Others were faster again and again.
pub(crate) fn busy() -> AppError {
    AppError::new(ErrorCode::Overloaded, "Too many changes of this member's plan at once.")
}
