//! Begins a plan, or a higher one, now: paid from the wallet, after what is unused of the old one was given back.

use money::{Amount, Money};
use plans::{Bought, Next, Plan, Subscription, SubscriptionError};
use stdx::Timestamp;
use store::subscriptions::{self, Held, HeldKind};
use store::{Batch, Durability, StoreError};
use wire::ErrorCode;

use crate::billing::{Holding, MOST_LOOKS, Unpayable, busy, is_overtaken, keep, next_version};
use crate::{Actor, App, AppError};

/// A plan that somebody wants to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuyPlan {
    /// Its id.
    pub plan: String,
    /// How.
    pub terms: Terms,
}

/// How a plan begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Its first period is paid now.
    Paid,
    /// It is tried free of charge, once for each member and plan.
    Trial,
}

/// What a plan would cost now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanQuote {
    /// Its first period.
    pub charge: Money,
    /// What is given back of the old one.
    pub credit: Money,
    /// What the wallet lacks.
    pub missing: Money,
}

impl App {
    /// Begins a plan now. Whoever holds it already keeps it as it is and pays nothing, so that a repetition is harmless.
    ///
    /// # Errors
    /// `plan_unavailable` for one that is not on offer, not above what is held, or was tried before; `wallet_empty` with
    /// what is missing; `overloaded` when others are faster again and again.
    pub async fn buy_plan(&self, actor: &Actor, wish: &BuyPlan) -> Result<(), AppError> {
        for _ in 0..MOST_LOOKS {
            // Read before what is held: a trial that somebody begins in between is then found as what is held.
            let tried = match wish.terms {
                Terms::Trial => subscriptions::tried(&self.db, actor.scope()).await?,
                Terms::Paid => Vec::new(),
            };
            let holding = self.holding(actor).await?;
            let plan = self.for_sale(&wish.plan)?;
            if holding.live().is_some_and(|held| is_bought(held, plan)) {
                return Ok(());
            }
            let (kind, bought) = match wish.terms {
                Terms::Paid => (HeldKind::Paid, self.purchase(&holding, plan, self.clock.now())?),
                Terms::Trial => (HeldKind::Trial, self.trial(&tried, &holding, plan)?),
            };
            let mut batch = Batch::new(Durability::Full);
            batch.extend(self.begin_period(actor.scope(), holding.held.as_ref(), kind, &bought).await?);
            if kind == HeldKind::Trial {
                batch.push(subscriptions::insert_trial(actor.scope(), &plan.id, self.clock.now()));
            }
            match self.db.write(batch).await {
                Err(error) if is_overtaken(&error) => {}
                Err(StoreError::Conflict { name: subscriptions::TRIAL }) => return Err(was_tried(plan)),
                other => return other.map(|_| ()).map_err(AppError::from),
            }
        }
        Err(busy())
    }

    /// What a plan would cost now.
    ///
    /// # Errors
    /// `plan_unavailable` for one that is held, not on offer, or not above what is held.
    pub async fn quote_plan(&self, actor: &Actor, plan: &str) -> Result<PlanQuote, AppError> {
        let holding = self.holding(actor).await?;
        let plan = self.for_sale(plan)?;
        let bought = self.purchase(&holding, plan, self.clock.now())?;
        let begun = self.begin_period(actor.scope(), holding.held.as_ref(), HeldKind::Paid, &bought).await;
        let missing = match begun {
            Ok(_) => Amount::ZERO.of(self.tariff.currency),
            Err(Unpayable::Missing(missing)) => missing,
            Err(Unpayable::Other(error)) => return Err(error),
        };
        let credit_currency = holding.held.as_ref().map_or(self.tariff.currency, |held| held.currency);
        let (charge, credit) = (bought.charge.of(self.tariff.currency), bought.credit.of(credit_currency));
        Ok(PlanQuote { charge, credit, missing })
    }

    /// Says what happens when the period is over: the way down, the way out, and the way back from either.
    ///
    /// # Errors
    /// `plan_unavailable` without a plan that goes on, or for one that is not on offer; `overloaded`.
    pub async fn set_next_plan(&self, actor: &Actor, wish: &Next) -> Result<(), AppError> {
        for _ in 0..MOST_LOOKS {
            let holding = self.holding(actor).await?;
            let none = || unavailable("You hold no plan whose end could be changed.".to_owned());
            let seen = holding.live().ok_or_else(none)?;
            let next = self.next_of(seen, wish)?;
            if next == seen.subscription.next {
                return Ok(());
            }
            let changed = seen.subscription.clone().at_end(&self.tariff.plans, next);
            let subscription = changed.map_err(|error| unavailable(error.to_string()))?;
            let held = Held { version: next_version(Some(seen)), subscription, ..seen.clone() };
            let batch = Batch::new(Durability::Full).with(keep(Some(seen), &held));
            match self.db.write(batch).await {
                Err(error) if is_overtaken(&error) => {}
                other => return other.map(|_| ()).map_err(AppError::from),
            }
        }
        Err(busy())
    }

    /// The plans that a member can try: those above what they have that they have not tried, while they hold none.
    pub(crate) async fn can_try(
        &self,
        actor: &Actor,
        holding: &Holding<'_>,
    ) -> Result<Vec<String>, AppError> {
        if holding.live().is_some() {
            return Ok(Vec::new());
        }
        let tried = subscriptions::tried(&self.db, actor.scope()).await?;
        let plans = self.tariff.plans.iter().filter(|plan| {
            let is_new = plan.rank > holding.plan.rank && !tried.contains(&plan.id);
            plan.is_for_sale() && plan.trial_days > 0 && is_new
        });
        Ok(plans.map(|plan| plan.id.clone()).collect())
    }

    /// A plan that members can choose.
    pub(crate) fn for_sale(&self, id: &str) -> Result<&Plan, AppError> {
        let plan = self.tariff.plans.get(id).filter(|plan| plan.is_for_sale());
        plan.ok_or_else(|| unavailable(format!("There is no plan `{id}` on offer.")))
    }

    /// A plan that begins now, and what of the one before is given back.
    ///
    /// # Errors
    /// `plan_unavailable` for one that is not above what the member has.
    pub(crate) fn purchase(
        &self,
        holding: &Holding<'_>,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Bought, AppError> {
        must_be_above(holding, plan)?;
        let offset = self.tariff.offset_minutes;
        let Some(held) = holding.live() else { return Ok(Subscription::buy(plan, now, offset)) };
        match held.subscription.upgrade(&self.tariff.plans, &plan.id, now, offset) {
            // The plan that is held is gone: every other one is above it.
            Err(SubscriptionError::UnknownPlan { .. }) => {
                let credit = held.subscription.unused(now).map_err(AppError::internal)?;
                Ok(Bought { credit, ..Subscription::buy(plan, now, offset) })
            }
            Err(SubscriptionError::Money(error)) => Err(AppError::internal(error)),
            other => other.map_err(|error| unavailable(error.to_string())),
        }
    }

    fn trial(&self, tried: &[String], holding: &Holding<'_>, plan: &Plan) -> Result<Bought, AppError> {
        must_be_above(holding, plan)?;
        if holding.live().is_some() {
            return Err(unavailable("Plans are tried by those who hold none; upgrade instead.".to_owned()));
        }
        if tried.contains(&plan.id) {
            return Err(was_tried(plan));
        }
        let trial = Subscription::try_out(plan, self.clock.now());
        let subscription = trial.map_err(|error| unavailable(error.to_string()))?;
        Ok(Bought { subscription, charge: Amount::ZERO, credit: Amount::ZERO })
    }

    fn next_of(&self, seen: &Held, wish: &Next) -> Result<Next, AppError> {
        let is_free = |id: &str| self.tariff.plans.get(id).is_some_and(|plan| plan.rank == 0);
        match wish {
            Next::End => Ok(Next::End),
            // Down to what everybody has is the way out.
            Next::Change(plan) if is_free(plan) => Ok(Next::End),
            Next::Change(plan) if *plan != seen.subscription.plan => {
                self.for_sale(plan).map(|plan| Next::Change(plan.id.clone()))
            }
            Next::Change(_) | Next::Renew => {
                self.for_sale(&seen.subscription.plan)?;
                Ok(Next::Renew)
            }
        }
    }
}

/// True when there is nothing to do for who wants to buy or try this plan.
pub(crate) fn is_bought(held: &Held, plan: &Plan) -> bool {
    held.kind != HeldKind::Given && held.subscription.plan == plan.id
}

fn must_be_above(holding: &Holding<'_>, plan: &Plan) -> Result<(), AppError> {
    if plan.rank > holding.plan.rank {
        return Ok(());
    }
    let (wished, had) = (&plan.id, &holding.plan.id);
    Err(unavailable(format!(
        "The plan `{wished}` is not above `{had}`; change to it at the end of the period."
    )))
}

fn was_tried(plan: &Plan) -> AppError {
    unavailable(format!("You have tried the plan `{}` before; a plan is tried once.", plan.id))
}

pub(crate) fn unavailable(detail: String) -> AppError {
    AppError::new(ErrorCode::PlanUnavailable, detail)
}
