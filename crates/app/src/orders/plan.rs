//! Plans that orders pay for: what stands in the way of one, and what is written when it begins or ends.

use ledger::{Act, Command, LedgerError, Reason};
use money::{Amount, Money};
use payments::{Delivery, Effect, NotBegun, Now, PlanNow, PlanPayment, Product, plan_commands};
use plans::{Bought, Subscription};
use stdx::{MemberId, Timestamp};
use store::ledger::Sheet;
use store::subscriptions::{self, Because, Held, HeldKind};
use store::wallet::{self, Note};
use store::{Scope, Write, members};
use wire::ErrorCode;

use super::OrderState;
use crate::billing::{end, keep, next_version};
use crate::{App, AppError};

/// All that a decision about an order depends on beside the order, as it was when it was read.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    /// The hour, the wallet, and whether the plan can begin.
    pub(crate) now: Now,
    /// What the member holds; absent when the order is for no plan.
    held: Option<Held>,
    /// The plan as it would begin, before it is said what was paid for it.
    bought: Option<Bought>,
}

impl App {
    /// What a decision about an order depends on at this moment.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub(crate) async fn around(&self, state: &OrderState) -> Result<Around, AppError> {
        let at = self.clock.now();
        // Of no matter for what is no plan.
        let mut plan = PlanNow::InTheWay(NotBegun::NotOffered);
        let (mut held, mut bought) = (None, None);
        if let Product::Plan { plan: id } = &state.order.product {
            match state.order.delivery {
                None => match self.as_bought(state, id, at).await? {
                    Ok((seen, begins)) => {
                        (held, bought, plan) = (seen, Some(begins), PlanNow::Fits);
                    }
                    Err(because) => plan = PlanNow::InTheWay(because),
                },
                Some(Delivery::Begun { at: since }) => {
                    held = subscriptions::standing(&self.db, state.scope()).await?.held;
                    if held.as_ref().is_some_and(|held| is_period_of(held, id, since, at)) {
                        plan = PlanNow::GoesOn;
                    }
                }
                Some(Delivery::Credited { .. } | Delivery::Ended) => {}
            }
        }
        let spendable = self.spendable(state).await?;
        if spendable.is_negative() && plan == PlanNow::Fits {
            plan = PlanNow::InTheWay(NotBegun::Debt);
        }
        Ok(Around { now: Now { at, spendable, plan }, held, bought })
    }

    /// What the member holds and what they would hold, or why the plan cannot begin.
    async fn as_bought(
        &self,
        state: &OrderState,
        plan: &str,
        at: Timestamp,
    ) -> Result<Result<(Option<Held>, Bought), NotBegun>, AppError> {
        let scope = state.scope();
        let member = members::get(&self.db, scope).await?.filter(|member| member.suspended_at.is_none());
        let Some(member) = member else { return Ok(Err(NotBegun::Inactive)) };
        let offered = self.for_sale(plan).ok().filter(|_| state.order.price.currency == self.tariff.currency);
        let Some(plan) = offered else { return Ok(Err(NotBegun::NotOffered)) };
        let holding = self.holding_of(scope, member.role).await?;
        match self.purchase(&holding, plan, at) {
            Ok(bought) => Ok(Ok((holding.held, bought))),
            Err(error) if error.code == ErrorCode::PlanUnavailable => Ok(Err(NotBegun::NotAbove)),
            Err(error) => Err(error),
        }
    }

    /// The writes of what follows from a change of an order. `None`: it is not so any more, look again.
    pub(crate) async fn carry_out(
        &self,
        state: &OrderState,
        effects: &[Effect],
        around: &Around,
    ) -> Result<Option<Vec<Write>>, AppError> {
        let mut steps = Steps::new(state, around);
        for effect in effects {
            steps.add(effect)?;
        }
        let Steps { mut writes, commands, .. } = steps;
        let all: Vec<Command> = commands.iter().map(|(command, _)| command.clone()).collect();
        let mut sheet = Sheet::read(&self.db, state.workspace_id, &all).await?;
        for (command, plan) in &commands {
            match sheet.perform(command) {
                Ok(more) if more.is_empty() => {}
                Ok(more) => {
                    writes.extend(more);
                    let note = Note { plan: plan.as_deref(), text: None };
                    writes.extend(plan.as_ref().map(|_| wallet::note(state.workspace_id, command.id, &note)));
                }
                Err(LedgerError::BelowFloor { .. } | LedgerError::Conflict { .. }) => return Ok(None),
                Err(error) => return Err(AppError::internal(error)),
            }
        }
        Ok(Some(writes))
    }
}

/// True while the period goes on that an order paid.
fn is_period_of(held: &Held, plan: &str, since: Timestamp, at: Timestamp) -> bool {
    let Subscription { plan: holds, period, .. } = &held.subscription;
    held.is_live()
        && !held.is_due(at)
        && held.kind == HeldKind::Paid
        && holds == plan
        && period.begin == since
}

/// What follows from some effects, one after the other.
struct Steps<'a> {
    scope: Scope,
    around: &'a Around,
    /// The plan that the order is for.
    plan: Option<&'a str>,
    /// What the member holds by then.
    held: Option<Held>,
    writes: Vec<Write>,
    /// With the plan that is noted beside it.
    commands: Vec<(Command, Option<String>)>,
}

impl<'a> Steps<'a> {
    fn new(state: &'a OrderState, around: &'a Around) -> Self {
        let plan = match &state.order.product {
            Product::Plan { plan } => Some(plan.as_str()),
            Product::TopUp => None,
        };
        let (held, scope) = (around.held.clone(), state.scope());
        Self { scope, around, plan, held, writes: Vec::new(), commands: Vec::new() }
    }

    fn add(&mut self, effect: &Effect) -> Result<(), AppError> {
        match effect {
            Effect::Ledger(command) => {
                let plan = self.plan.filter(|_| is_for_a_plan(command)).map(str::to_owned);
                self.commands.push((command.clone(), plan));
                Ok(())
            }
            Effect::BeginPlan { paid } => self.begin(*paid),
            Effect::PlanPaid { paid } => {
                let seen = self.seen()?;
                let held = with_paid(&seen, *paid);
                self.hold(Some(&seen), held);
                Ok(())
            }
            Effect::EndPlan => {
                let seen = self.seen()?;
                let nothing = with_paid(&seen, Amount::ZERO.of(seen.currency));
                let at = self.around.now.at;
                self.writes.push(end(&Held { version: seen.version, ..nothing }, Because::Over, at));
                self.held = None;
                Ok(())
            }
            Effect::Shortfall { .. } => Ok(()),
        }
    }

    /// A new period begins, and what is unused of the one before goes into the wallet.
    fn begin(&mut self, paid: Money) -> Result<(), AppError> {
        let bought = self.around.bought.clone();
        let bought = bought
            .ok_or_else(|| AppError::new(ErrorCode::Internal, "A plan begins for which there is no room."))?;
        let seen = self.held.take();
        let held = Held {
            scope: self.scope,
            version: next_version(seen.as_ref()),
            kind: HeldKind::Paid,
            subscription: Subscription { paid: paid.amount, ..bought.subscription },
            currency: paid.currency,
            ended: None,
        };
        if let Some(seen) = &seen {
            let unused = PlanPayment {
                member: self.scope.member_id,
                plan: &held.subscription.plan,
                change: held.version,
                charge: Amount::ZERO.of(paid.currency),
                credit: bought.credit.of(seen.currency),
            };
            let left = Some(seen.subscription.plan.clone());
            let commands = plan_commands(&unused, self.around.now.at);
            self.commands.extend(commands.into_iter().map(|command| (command, left.clone())));
        }
        self.hold(seen.as_ref(), held);
        Ok(())
    }

    fn hold(&mut self, seen: Option<&Held>, held: Held) {
        self.writes.push(keep(seen, &held));
        self.held = Some(held);
    }

    /// The period that the order paid.
    fn seen(&self) -> Result<Held, AppError> {
        self.held
            .clone()
            .ok_or_else(|| AppError::new(ErrorCode::Internal, "A plan changes that nobody holds."))
    }
}

/// The next version of what is held, with so much paid for its period.
fn with_paid(seen: &Held, paid: Money) -> Held {
    let subscription = Subscription { paid: paid.amount, ..seen.subscription.clone() };
    Held { version: next_version(Some(seen)), subscription, ..seen.clone() }
}

/// True for money that goes into a plan or comes out of it.
fn is_for_a_plan(command: &Command) -> bool {
    matches!(command.act, Act::Transfer { reason: Reason::Purchase | Reason::Refund, .. })
}

/// The same after some effects.
pub(crate) fn after(now: Now, effects: &[Effect], member: MemberId) -> Now {
    let wallet = ledger::Account::Wallet(member);
    effects.iter().fold(now, |now, effect| match effect {
        Effect::Ledger(Command { act: Act::Transfer { from, to, money, .. }, .. }) => {
            let spendable = if *from == wallet {
                now.spendable.checked_sub(money.amount).unwrap_or_default()
            } else if *to == wallet {
                now.spendable.checked_add(money.amount).unwrap_or(now.spendable)
            } else {
                now.spendable
            };
            Now { spendable, ..now }
        }
        Effect::BeginPlan { .. } => Now { plan: PlanNow::GoesOn, ..now },
        Effect::EndPlan => Now { plan: PlanNow::InTheWay(NotBegun::CameBack), ..now },
        Effect::Ledger(_) | Effect::PlanPaid { .. } | Effect::Shortfall { .. } => now,
    })
}
