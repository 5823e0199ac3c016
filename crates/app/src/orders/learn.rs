//! What was said about payments becomes what orders are: once, whoever says it and however often.

use std::collections::BTreeMap;

use money::payment::Fact;
use payments::{Delivery, Effect, Flag, Mismatch, Now, Order, Verdict};
use stdx::{MemberId, OrderId, Timestamp};
use store::payment_messages::{self, Heard, Outcome};
use store::{Batch, Durability, StoreError, Write, orders};
use wire::ErrorCode;

use super::plan::{Around, after};
use super::{ASK_SOON, OrderState, standing, to_json};
use crate::{App, AppError, billing};

/// How often somebody who was overtaken looks again.
const MOST_LOOKS: u32 = 64;

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A gateway, unasked.
    Callback,
    /// A gateway that was asked.
    Answer,
    /// A member.
    Member(MemberId),
}

/// A fact and its place in its message.
pub(super) type Said = (u64, Fact);

/// A fact that is about whichever order has its payment.
pub(super) fn unaddressed(fact: &Fact) -> Fact {
    Fact { order: None, ..fact.clone() }
}

/// An order after some facts, and what follows.
pub(super) struct Decided {
    pub(super) order: Order,
    pub(super) effects: Vec<Effect>,
    flags: Vec<Flag>,
    pub(super) heard: Vec<Heard>,
}

impl App {
    /// Learns what was said. When this returns, all of it is kept; saying it again changes nothing.
    ///
    /// # Errors
    /// When it cannot be kept; what was kept of it before then stays so.
    pub(crate) async fn learn(&self, facts: &[Fact], source: Source) -> Result<(), AppError> {
        let mut by_order: BTreeMap<OrderId, Vec<Said>> = BTreeMap::new();
        for (line, fact) in (0..).zip(facts) {
            match self.order_of(fact).await? {
                Some((id, fact)) => by_order.entry(id).or_default().push((line, fact)),
                None => {
                    self.keep_stray((line, fact.clone()), Outcome::UnknownOrder, source).await?;
                    // Its payment may have become an order's between the look and the write.
                    if let Some((id, fact)) = self.order_of(fact).await? {
                        by_order.entry(id).or_default().push((line, fact));
                    }
                }
            }
        }
        for (id, said) in by_order {
            self.learn_of(id, &said, source).await?;
        }
        Ok(())
    }

    /// The order that a fact is about: the one that it names, else the one that has its payment. A payment that named an
    /// order which is not there, or is paid another way, may have been credited with an order of its own.
    async fn order_of(&self, fact: &Fact) -> Result<Option<(OrderId, Fact)>, StoreError> {
        let owner = orders::of_payment(&self.db, &fact.gateway, &fact.payment).await?;
        let (Some(named), Some(owner)) = (fact.order, owner) else {
            return Ok(fact.order.or(owner).map(|id| (id, fact.clone())));
        };
        let is_elsewhere = named != owner
            && orders::find(&self.db, named).await?.is_none_or(|order| order.gateway != fact.gateway);
        if is_elsewhere { Ok(Some((owner, unaddressed(fact)))) } else { Ok(Some((named, fact.clone()))) }
    }

    async fn learn_of(&self, id: OrderId, said: &[Said], source: Source) -> Result<(), AppError> {
        for _ in 0..MOST_LOOKS {
            let Some(state) = self.find_order(id).await? else {
                return self.keep_strays(said, Outcome::UnknownOrder, source).await;
            };
            let (ours, others) = self.split(&state, said).await?;
            self.keep_strays(&others, Outcome::OtherOrder, source).await?;
            let around = self.around(&state).await?;
            let decided = decide(&state.order, &ours, around.now, source)?;
            let Some(writes) = self.writes_of(&state, &decided.order, &decided.effects, &around).await?
            else {
                continue;
            };
            let mut batch = Batch::new(Durability::Full);
            batch.extend(writes);
            batch.extend(decided.heard.iter().map(payment_messages::note));
            match self.db.write(batch).await {
                Ok(_) => {
                    decided.log(&state);
                    return self.adopt(&state, &decided.order).await;
                }
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::new(ErrorCode::Overloaded, "Too much is heard of one order at once."))
    }

    /// The facts whose payments are this order's or nobody's, and those whose payments are for another order.
    async fn split(&self, state: &OrderState, said: &[Said]) -> Result<(Vec<Said>, Vec<Said>), StoreError> {
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for (line, fact) in said {
            let is_known = state.order.evidence.payments.contains_key(&fact.payment);
            let owner = if is_known || fact.gateway != state.order.gateway {
                None
            } else {
                orders::of_payment(&self.db, &fact.gateway, &fact.payment).await?
            };
            let list =
                if owner.is_none_or(|owner| owner == state.order.id) { &mut ours } else { &mut others };
            list.push((*line, fact.clone()));
        }
        Ok((ours, others))
    }

    /// The writes that make an order another one; none when it is the same, and `None` when what was decided is not so any
    /// more.
    pub(crate) async fn writes_of(
        &self,
        state: &OrderState,
        order: &Order,
        effects: &[Effect],
        around: &Around,
    ) -> Result<Option<Vec<Write>>, AppError> {
        if *order == state.order {
            return Ok(Some(Vec::new()));
        }
        let standing = standing(state, order, around.now.at, ASK_SOON).map_err(AppError::internal)?;
        let (evidence, delivery) =
            (to_json(&order.evidence)?, order.delivery.as_ref().map(to_json).transpose()?);
        let mut writes = vec![orders::learn(state.version(), &evidence, delivery.as_deref(), standing)];
        let before = &state.order.evidence.payments;
        let fresh = order.evidence.payments.keys().filter(|payment| !before.contains_key(*payment));
        writes.extend(fresh.map(|payment| orders::claim_payment(&order.gateway, payment, order.id)));
        let Some(more) = self.carry_out(state, effects, around).await? else { return Ok(None) };
        writes.extend(more);
        Ok(Some(writes))
    }

    async fn keep_strays(&self, said: &[Said], outcome: Outcome, source: Source) -> Result<(), AppError> {
        for one in said {
            self.keep_stray(one.clone(), outcome, source).await?;
        }
        Ok(())
    }

    /// Keeps for a person what is about no order, or not about the one that it names.
    async fn keep_stray(&self, said: Said, outcome: Outcome, source: Source) -> Result<(), AppError> {
        let heard = heard(&said, None, outcome, (source, self.clock.now()));
        tracing::warn!(
            gateway = heard.fact.gateway,
            event = heard.fact.event,
            ?outcome,
            "something was said about a payment that is for no order of ours"
        );
        let batch = Batch::new(Durability::Full).with(payment_messages::note(&heard));
        self.db.write(batch).await?;
        Ok(())
    }

    /// What was said about a payment before anybody knew whose it is.
    pub(super) async fn adopt(&self, before: &OrderState, order: &Order) -> Result<(), AppError> {
        let known = &before.order.evidence.payments;
        for payment in order.evidence.payments.keys().filter(|payment| !known.contains_key(*payment)) {
            let strays = payment_messages::strays_of(&self.db, &order.gateway, payment).await?;
            let said: Vec<Said> = strays.into_iter().map(|stray| (stray.line, stray.fact)).collect();
            if !said.is_empty() {
                Box::pin(self.learn_of(order.id, &said, Source::Callback)).await?;
            }
        }
        Ok(())
    }
}

impl Decided {
    fn log(&self, before: &OrderState) {
        let order = before.order.id;
        if let Some(flag) = self.flags.first() {
            tracing::warn!(%order, ?flag, "a person has to look at an order");
        }
        for effect in &self.effects {
            if let Effect::Shortfall { missing } = effect {
                tracing::warn!(%order, %missing, "money was given back that the member has spent");
            }
        }
        let delivery = self.order.delivery.filter(|_| self.order.delivery != before.order.delivery);
        if let Some(Delivery::Credited { because }) = delivery {
            tracing::info!(%order, ?because, "a plan was paid that could not begin; the money is in the wallet");
        }
    }
}

/// Lets an order learn some facts, one after the other.
pub(super) fn decide(
    order: &Order,
    said: &[Said],
    mut now: Now,
    source: Source,
) -> Result<Decided, AppError> {
    let (at, before) = (now.at, order);
    let mut decided =
        Decided { order: before.clone(), effects: Vec::new(), flags: Vec::new(), heard: Vec::new() };
    for one in said {
        let verdict = decided.order.learn(&one.1, now).map_err(AppError::internal)?;
        let (about, outcome) = match verdict {
            // What was asked for says the same again and again.
            Verdict::Ignore if source == Source::Answer => continue,
            Verdict::Ignore => (Some(order.id), Outcome::Known),
            Verdict::Refuse(Mismatch::OtherGateway) => (None, Outcome::OtherGateway),
            Verdict::Refuse(Mismatch::OtherOrder) => (None, Outcome::OtherOrder),
            Verdict::Change(change) => {
                now = after(now, &change.effects, order.member);
                decided.order = change.order;
                decided.effects.extend(change.effects);
                decided.flags.extend(change.flags);
                (Some(order.id), Outcome::Learned)
            }
        };
        decided.heard.push(heard(one, about, outcome, (source, at)));
    }
    Ok(decided)
}

pub(super) fn heard(
    said: &Said,
    order_id: Option<OrderId>,
    outcome: Outcome,
    (source, at): (Source, Timestamp),
) -> Heard {
    let said_by = match source {
        Source::Member(member) => Some(member),
        Source::Callback | Source::Answer => None,
    };
    Heard { fact: said.1.clone(), line: said.0, order_id, said_by, outcome, at }
}

/// True when another look is worth it: somebody else was faster.
pub(crate) fn is_overtaken(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Expectation { name: orders::VERSION | orders::PAYMENT | payment_messages::PUT_AWAY }
    ) || billing::is_overtaken(error)
}
