//! What one more fact changes.

use std::time::Duration;

use ledger::{Account, Act, Command, Reason};
use money::payment::{Fact, Happened};
use money::{Amount, Money, MoneyError};
use stdx::Timestamp;

use crate::derive::command_id;
use crate::{Delivery, Flag, NotBegun, Order, Product};

/// What becomes of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was known, or says nothing that matters.
    Ignore,
    /// The order is another one afterwards.
    Change(Box<Change>),
    /// It is not about this order; the order stays as it is, and a person should know.
    Refuse(Mismatch),
}

/// What is to be stored and carried out together, whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The order as it is afterwards.
    pub order: Order,
    /// What happens because of it, in this order. Often nothing.
    pub effects: Vec<Effect>,
    /// What a person has to look at, and did not have to before.
    pub flags: Vec<Flag>,
}

/// What happens because of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Money moves.
    Ledger(Command),
    /// The member's plan begins; it has been paid.
    BeginPlan {
        /// What was paid for its first period.
        paid: Money,
    },
    /// Something of what was paid for the period that goes on was given back, or came again.
    PlanPaid {
        /// What is paid for it now.
        paid: Money,
    },
    /// The member's plan ends; its price was given back.
    EndPlan,
    /// Money was given back that the member has spent. The workspace's revenue bears it.
    Shortfall {
        /// How much the wallet lacked.
        missing: Amount,
    },
}

/// Why a fact is not about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The order is paid another way: one gateway has no say about the orders of another.
    OtherGateway,
    /// The fact names another order.
    OtherOrder,
}

/// What else a decision depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// When it is decided.
    pub at: Timestamp,
    /// What the member's wallet can give in the order's currency: its balance above its floor.
    pub spendable: Amount,
    /// How it stands with the plan that the order is for; of no matter when it is for something else.
    pub plan: PlanNow,
}

/// How it stands with a plan that an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanNow {
    /// It can begin.
    Fits,
    /// The period that this order paid goes on.
    GoesOn,
    /// Something is in its way.
    InTheWay(NotBegun),
}

impl Order {
    /// Takes a fact in.
    ///
    /// Whoever stores the result makes sure that the order was not changed meanwhile, and that a payment of a gateway
    /// belongs to one order only.
    ///
    /// # Errors
    /// When a sum does not fit an amount.
    pub fn learn(&self, fact: &Fact, now: Now) -> Result<Verdict, MoneyError> {
        if fact.gateway != self.gateway {
            return Ok(Verdict::Refuse(Mismatch::OtherGateway));
        }
        if fact.order.is_some_and(|order| order != self.id) {
            return Ok(Verdict::Refuse(Mismatch::OtherOrder));
        }
        let after = Self { evidence: self.evidence.with(fact), ..self.clone() };
        if after == *self {
            return Ok(Verdict::Ignore);
        }
        let before = self.flags()?;
        let flags = after.flags()?.difference(&before).cloned().collect();
        let product = Movement {
            order: &after,
            fact,
            now,
            share: Share::Product,
            moved: (self.worth()?, after.worth()?),
        };
        let (mut effects, delivery) = product.effects()?;
        let moved = (self.extra_credit()?, after.extra_credit()?);
        effects.extend(Movement { share: Share::Extra, moved, ..product }.effects()?.0);
        let order = Self { delivery, ..after };
        Ok(Verdict::Change(Box::new(Change { order, effects, flags })))
    }
}

/// How the worth of an order moved because of a fact.
struct Movement<'a> {
    order: &'a Order,
    fact: &'a Fact,
    now: Now,
    share: Share,
    /// From where to where.
    moved: (Amount, Amount),
}

/// What moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// What is paid for the product.
    Product,
    /// What is credited beside it.
    Extra,
}

/// What happens, and what the member has for their money then.
type Consequence = (Vec<Effect>, Option<Delivery>);

impl Movement<'_> {
    fn effects(&self) -> Result<Consequence, MoneyError> {
        let (before, after) = self.moved;
        let difference = after.checked_sub(before).ok_or(MoneyError::Overflow)?;
        if difference.is_positive() {
            Ok(self.rise(difference))
        } else if difference.is_negative() {
            self.fall(Amount::ZERO.checked_sub(difference).ok_or(MoneyError::Overflow)?)
        } else {
            Ok((Vec::new(), self.order.delivery))
        }
    }

    /// The money goes into the wallet, and from there into the plan if that begins or goes on.
    fn rise(&self, by: Amount) -> Consequence {
        let mut effects = vec![self.transfer(Reason::TopUp, Account::Cash, self.wallet(), by)];
        let is_plan = self.is_plan();
        let delivery = match (self.order.delivery, self.now.plan) {
            (delivery, _) if !is_plan => delivery,
            (None, PlanNow::Fits) => {
                effects.push(self.transfer(Reason::Purchase, self.wallet(), Account::Revenue, by));
                effects.push(Effect::BeginPlan { paid: self.worth() });
                Some(Delivery::Begun { at: self.now.at })
            }
            (None, PlanNow::InTheWay(because)) => Some(Delivery::Credited { because }),
            (None, PlanNow::GoesOn) => Some(Delivery::Credited { because: NotBegun::NotAbove }),
            (begun @ Some(Delivery::Begun { .. }), PlanNow::GoesOn) => {
                effects.push(self.transfer(Reason::Purchase, self.wallet(), Account::Revenue, by));
                effects.push(Effect::PlanPaid { paid: self.worth() });
                begun
            }
            (Some(Delivery::Ended), _) => Some(Delivery::Credited { because: NotBegun::CameBack }),
            (delivery, _) => delivery,
        };
        (effects, delivery)
    }

    /// The money comes out of the plan while the period goes on that it paid, else out of the wallet.
    fn fall(&self, by: Amount) -> Result<Consequence, MoneyError> {
        let mut effects = Vec::new();
        let mut spendable = self.now.spendable.max(Amount::ZERO);
        let mut delivery = self.order.delivery;
        if let (true, Some(Delivery::Begun { .. }), PlanNow::GoesOn) =
            (self.is_plan(), delivery, self.now.plan)
        {
            effects.push(self.transfer(Reason::Refund, Account::Revenue, self.wallet(), by));
            spendable = spendable.checked_add(by).unwrap_or(by);
            if self.moved.1 == Amount::ZERO {
                effects.push(Effect::EndPlan);
                delivery = Some(Delivery::Ended);
            } else {
                effects.push(Effect::PlanPaid { paid: self.worth() });
            }
        }
        let taken = by.min(spendable);
        let missing = by.checked_sub(taken).ok_or(MoneyError::Overflow)?;
        if taken.is_positive() {
            effects.push(self.transfer(Reason::Payout, self.wallet(), Account::Cash, taken));
        }
        if missing.is_positive() {
            effects.push(self.transfer(Reason::Correction, Account::Revenue, Account::Cash, missing));
            effects.push(Effect::Shortfall { missing });
        }
        Ok((effects, delivery))
    }

    fn is_plan(&self) -> bool {
        self.share == Share::Product && matches!(self.order.product, Product::Plan { .. })
    }

    fn worth(&self) -> Money {
        self.moved.1.of(self.order.price.currency)
    }

    fn wallet(&self) -> Account {
        Account::Wallet(self.order.member)
    }

    fn transfer(&self, reason: Reason, from: Account, to: Account, amount: Amount) -> Effect {
        let money = amount.of(self.order.price.currency);
        let act = Act::Transfer { reason, from, to, money };
        // A statement tells them in the order of their times.
        let after = matches!(reason, Reason::Purchase | Reason::Payout | Reason::Correction);
        let at = if after { self.now.at.plus(Duration::from_micros(1)) } else { self.now.at };
        Effect::Ledger(Command { id: self.id(reason), at, act })
    }

    /// What stands for this movement, whenever it is heard of again: the gateway, its payment, and what happened to it.
    fn id(&self, reason: Reason) -> stdx::CommandId {
        let (word, detail) = match &self.fact.what {
            // Of a payment that is kept every amount counts that a gateway ever named, and not the price alone.
            Happened::Paid { money } if self.share == Share::Extra => ("paid", money.to_string()),
            Happened::Paid { .. } => ("paid", String::new()),
            Happened::RefundedInAll { money } => ("refunded_in_all", money.to_string()),
            Happened::Refunded { refund, money } => ("refunded", format!("{refund} {money}")),
            Happened::RefundAsked { refund, money } => ("refund_asked", format!("{refund} {money}")),
            Happened::Disputed { dispute, money } => ("disputed", format!("{dispute} {money}")),
            Happened::DisputeWon { dispute } => ("dispute_won", dispute.clone()),
            Happened::RefundStuck { refund } => ("refund_stuck", refund.clone()),
            Happened::RefundFailed { refund } => ("refund_failed", refund.clone()),
            Happened::Kept => ("kept", String::new()),
            Happened::Pending => ("pending", String::new()),
            Happened::Failed => ("failed", String::new()),
        };
        let mut words =
            vec!["payment", &self.fact.gateway, &self.fact.payment, word, &detail, reason.as_str()];
        if self.share == Share::Extra {
            words.push("extra");
        }
        command_id(&words)
    }
}
