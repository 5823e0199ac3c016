//! Which plan a member holds, from when to when, and what a change costs.

use std::time::Duration;

use money::{Amount, MoneyError};
use stdx::Timestamp;
use thiserror::Error;

use crate::calendar::{Every, Period, period};
use crate::plan::{Plan, Plans};

/// A plan that is held for one period after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The plan's id.
    pub plan: String,
    /// When its first paid period began or will begin; periods are counted from here.
    pub anchor: Timestamp,
    /// How long a period is.
    pub every: Every,
    /// The period that it is in.
    pub period: Period,
    /// What was paid for this period; nothing for a trial.
    pub paid: Amount,
    /// What happens at the end of the period.
    pub next: Next,
}

/// What happens at the end of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another period of the same plan.
    Renew,
    /// A period of another plan.
    Change(String),
    /// The plan that everybody has.
    End,
}

/// A subscription as it is after something was bought, and what that costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    /// As it is afterwards.
    pub subscription: Subscription,
    /// What is to be paid.
    pub charge: Amount,
    /// What is given back for time that was paid for and will not be used; it may be more than the charge.
    pub credit: Amount,
}

/// What the end of a period brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: the period goes on.
    None,
    /// A new period, to be paid. When it cannot be, the subscription has ended.
    Begun(Bought),
    /// The plan that everybody has.
    Ended,
}

/// Why a subscription cannot be changed so.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SubscriptionError {
    /// The plan cannot be tried.
    #[error("plan `{plan}` cannot be tried free of charge; buy it")]
    NoTrial {
        /// The plan's id.
        plan: String,
    },
    /// An upgrade must go up.
    #[error("plan `{to}` is not above `{from}`; change to it at the end of the period instead")]
    NotHigher {
        /// The plan that is held.
        from: String,
        /// The plan that was asked for.
        to: String,
    },
    /// No such plan.
    #[error("there is no plan `{plan}`; choose one of those that are offered")]
    UnknownPlan {
        /// The id that was asked for.
        plan: String,
    },
    /// A sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Subscription {
    /// Buys a plan; its first period begins now.
    pub fn buy(plan: &Plan, now: Timestamp, offset_minutes: i32) -> Bought {
        let subscription = Self {
            plan: plan.id.clone(),
            anchor: now,
            every: plan.every,
            period: period(now, plan.every, now, offset_minutes),
            paid: plan.price,
            next: Next::Renew,
        };
        Bought { subscription, charge: plan.price, credit: Amount::ZERO }
    }

    /// Tries a plan free of charge. The first paid period begins when the trial ends, unless it is cancelled before.
    /// Whether a member has tried it before is for the caller to know.
    ///
    /// # Errors
    /// When the plan offers no trial.
    pub fn try_out(plan: &Plan, now: Timestamp) -> Result<Self, SubscriptionError> {
        if plan.trial_days == 0 {
            return Err(SubscriptionError::NoTrial { plan: plan.id.clone() });
        }
        let end = now.plus(Duration::from_secs(u64::from(plan.trial_days) * 86_400));
        Ok(Self {
            plan: plan.id.clone(),
            anchor: end,
            every: plan.every,
            period: Period { begin: now, end },
            paid: Amount::ZERO,
            next: Next::Renew,
        })
    }

    /// Is given a plan free of charge until an instant; then it is over, unless the member wants it to go on.
    pub fn give(plan: &Plan, now: Timestamp, until: Timestamp) -> Self {
        Self {
            plan: plan.id.clone(),
            anchor: until,
            every: plan.every,
            period: Period { begin: now, end: until },
            paid: Amount::ZERO,
            next: Next::End,
        }
    }

    /// Is given a plan for so many days. Days of a plan that was given before are added to those; of a paid plan that is
    /// lower, what is unused is given back.
    ///
    /// # Errors
    /// When the plan is no more than what is held: it would be wasted.
    pub fn give_days(
        held: Option<&Self>,
        plans: &Plans,
        to: &str,
        days: u32,
        now: Timestamp,
    ) -> Result<Bought, SubscriptionError> {
        let to = known(plans, to)?;
        let length = Duration::from_secs(u64::from(days) * 86_400);
        let (begin, credit) = match held {
            Some(held) if held.plan == to.id && held.is_gift() => (held.period.end.max(now), Amount::ZERO),
            Some(held) => {
                // A plan that is gone is below every other.
                if let Some(from) = plans.get(&held.plan).filter(|from| from.rank >= to.rank) {
                    return Err(SubscriptionError::NotHigher { from: from.id.clone(), to: to.id.clone() });
                }
                (now, held.unused(now)?)
            }
            None => (now, Amount::ZERO),
        };
        let subscription = Self::give(to, now, begin.plus(length));
        Ok(Bought { subscription, charge: Amount::ZERO, credit })
    }

    /// True for what was neither paid for nor will be.
    fn is_gift(&self) -> bool {
        self.paid == Amount::ZERO && self.next == Next::End
    }

    /// What the next period will cost as things are; nothing when there is none, or its plan is gone.
    pub fn renewal(&self, plans: &Plans) -> Amount {
        let plan = match &self.next {
            Next::Renew => plans.get(&self.plan),
            Next::Change(plan) => plans.get(plan),
            Next::End => None,
        };
        plan.map_or(Amount::ZERO, |plan| plan.price)
    }

    /// Changes to a higher plan now: a new period begins, and what is left of the old one is given back to the
    /// microsecond, rounded once.
    ///
    /// # Errors
    /// When a plan is unknown or the other one is not higher.
    pub fn upgrade(
        &self,
        plans: &Plans,
        to: &str,
        now: Timestamp,
        offset_minutes: i32,
    ) -> Result<Bought, SubscriptionError> {
        let (from, to) = (known(plans, &self.plan)?, known(plans, to)?);
        if to.rank <= from.rank {
            return Err(SubscriptionError::NotHigher { from: from.id.clone(), to: to.id.clone() });
        }
        Ok(Bought { credit: self.unused(now)?, ..Self::buy(to, now, offset_minutes) })
    }

    /// Says what happens at the end of the period: the way down, the way out, and the way back from either.
    ///
    /// # Errors
    /// When the plan to change to is unknown.
    pub fn at_end(self, plans: &Plans, next: Next) -> Result<Self, SubscriptionError> {
        if let Next::Change(plan) = &next {
            known(plans, plan)?;
        }
        Ok(Self { next, ..self })
    }

    /// What the period's end brings, once it has come. Whole periods that passed meanwhile, in which nobody could use the
    /// plan, are not charged.
    ///
    /// # Errors
    /// When the plan to go on with is no longer offered.
    pub fn turn(
        &self,
        plans: &Plans,
        now: Timestamp,
        offset_minutes: i32,
    ) -> Result<Turn, SubscriptionError> {
        if now < self.period.end {
            return Ok(Turn::None);
        }
        match &self.next {
            Next::End => Ok(Turn::Ended),
            Next::Change(plan) => {
                let plan = known(plans, plan)?;
                Ok(Turn::Begun(Self::renewed(plan, self.period.end, now, offset_minutes)))
            }
            Next::Renew => {
                let plan = known(plans, &self.plan)?;
                // A plan whose periods have another length now is counted from the end of the last period.
                let anchor = if plan.every == self.every { self.anchor } else { self.period.end };
                Ok(Turn::Begun(Self::renewed(plan, anchor, now, offset_minutes)))
            }
        }
    }

    /// What of the payment for this period is for time that is still to come.
    ///
    /// # Errors
    /// When it does not fit an amount, which no share of an amount does.
    pub fn unused(&self, now: Timestamp) -> Result<Amount, MoneyError> {
        let (left, whole) = self.period.left(now);
        if left == 0 { Ok(Amount::ZERO) } else { self.paid.share(left, whole) }
    }

    fn renewed(plan: &Plan, anchor: Timestamp, now: Timestamp, offset_minutes: i32) -> Bought {
        let subscription = Self {
            plan: plan.id.clone(),
            anchor,
            every: plan.every,
            period: period(anchor, plan.every, now, offset_minutes),
            paid: plan.price,
            next: Next::Renew,
        };
        Bought { subscription, charge: plan.price, credit: Amount::ZERO }
    }
}

fn known<'a>(plans: &'a Plans, id: &str) -> Result<&'a Plan, SubscriptionError> {
    plans.get(id).ok_or_else(|| SubscriptionError::UnknownPlan { plan: id.to_owned() })
}
