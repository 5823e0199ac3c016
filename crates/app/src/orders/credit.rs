//! Payments for no order, or beyond one: credited to a member, or seen to at the gateway.

use std::collections::BTreeSet;

use money::Money;
use money::payment::Happened;
use payments::{Evidence, KeepError, Order, Product};
use stdx::{MemberId, OrderId, Timestamp};
use store::admin_acts::Done;
use store::payment_messages::{self, Heard, Outcome};
use store::{Batch, Durability, StoreError, orders};
use wire::ErrorCode;

use super::learn::{decide, heard, unaddressed};
use super::{ASK_SOON, OrderInfo, OrderState, Source, TIME_TO_PAY, is_overtaken, standing};
use crate::manage_vouchers::note;
use crate::{Actor, App, AppError};

/// How often somebody who was overtaken looks again.
const MOST_LOOKS: u32 = 16;

/// A payment for no order that is to be a member's credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditStray {
    /// Of the order that the payment gets; made by the client, once for each intention.
    pub id: OrderId,
    /// The name of the gateway.
    pub gateway: String,
    /// The gateway's name for the payment.
    pub payment: String,
    /// Whose credit it is.
    pub member: MemberId,
}

impl App {
    /// Credits a payment that is for no order to a member. It gets an order of its own, a top-up of what was paid, so that
    /// whatever is said of it later, a refund or a dispute, is about that order.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid_request` for what was not paid, or in another currency; `conflict` for a payment
    /// that is an order's by now or was put away, or a used id.
    pub async fn credit_stray(&self, actor: &Actor, wish: &CreditStray) -> Result<OrderInfo, AppError> {
        self.must_run_the_machine(actor).await?;
        let member = self.administered(actor, wish.member).await?;
        let (gateway, payment) = (wish.gateway.as_str(), wish.payment.as_str());
        for _ in 0..MOST_LOOKS {
            if let Some(there) = self.find_order(wish.id).await? {
                return self.credited(&there, wish);
            }
            let (strays, price) = match self.creditable(gateway, payment).await {
                Ok(found) => found,
                // The same call may have come first between two looks.
                Err(error) => match self.find_order(wish.id).await? {
                    Some(there) => return self.credited(&there, wish),
                    None => return Err(error),
                },
            };
            let state = self.order_for(actor, wish, price);
            let said: Vec<_> = strays.iter().map(|stray| (stray.line, unaddressed(&stray.fact))).collect();
            let around = self.around(&state).await?;
            let decided = decide(&state.order, &said, around.now, Source::Member(actor.member_id))?;
            let writes = self.writes_of(&state, &decided.order, &decided.effects, &around).await?;
            let Some(writes) = writes else { continue };
            let at = state.order.placed_at;
            let standing = standing(&state, &state.order, at, ASK_SOON).map_err(AppError::internal)?;
            let mut batch = Batch::new(Durability::Full).with(orders::insert(&state.row()?, standing)).with(
                payment_messages::put_away(gateway, payment, (actor.member_id, latest(&strays, at)), ""),
            );
            batch.extend(writes);
            batch.extend(decided.heard.iter().map(payment_messages::note));
            batch.push(self.act_of(actor, &member.id.to_string(), credit_of(gateway, payment, wish.id)));
            match self.db.write(batch).await {
                // What was heard meanwhile is the order's too.
                Ok(_) => self.adopt(&state, &decided.order).await?,
                Err(StoreError::Conflict { name: orders::INSERT }) => {}
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken())
    }

    /// What was said of a payment for no order, and what was paid.
    async fn creditable(&self, gateway: &str, payment: &str) -> Result<(Vec<Heard>, Money), AppError> {
        let strays = payment_messages::strays_of(&self.db, gateway, payment).await?;
        if orders::of_payment(&self.db, gateway, payment).await?.is_some() {
            return Err(taken());
        }
        let price = self.price_of(&strays)?;
        if !payment_messages::is_stray(&self.db, gateway, payment).await? {
            return Err(AppError::new(ErrorCode::Conflict, "Somebody has put this payment away."));
        }
        Ok((strays, price))
    }

    /// The order that a payment for none gets.
    fn order_for(&self, actor: &Actor, wish: &CreditStray, price: Money) -> OrderState {
        let now = self.clock.now();
        let order = Order {
            id: wish.id,
            member: wish.member,
            product: Product::TopUp,
            price,
            gateway: wish.gateway.clone(),
            reference: None,
            placed_at: now,
            evidence: Evidence::default(),
            delivery: None,
        };
        let (workspace_id, expires_at) = (actor.workspace_id, now.plus(TIME_TO_PAY));
        OrderState { workspace_id, order, next: None, expires_at, version: 1, seen: BTreeSet::new() }
    }

    /// The order that an earlier call of the same wish made.
    fn credited(&self, there: &OrderState, wish: &CreditStray) -> Result<OrderInfo, AppError> {
        let order = &there.order;
        let is_same = order.member == wish.member
            && order.gateway == wish.gateway
            && order.evidence.payments.contains_key(&wish.payment);
        let used = || AppError::new(ErrorCode::Conflict, "The order's id was used for something else.");
        if is_same { OrderInfo::new(there.clone()) } else { Err(used()) }
    }

    /// What was paid, if one amount was.
    fn price_of(&self, strays: &[Heard]) -> Result<Money, AppError> {
        let paid = |stray: &Heard| match stray.fact.what {
            Happened::Paid { money } => Some(money),
            _ => None,
        };
        let paid: BTreeSet<Money> = strays.iter().filter_map(paid).collect();
        let [money] = Vec::from_iter(paid)[..] else {
            return Err(AppError::invalid("payment: one of those that were paid and are for no order"));
        };
        if money.currency != self.tariff.currency || !money.amount.is_positive() {
            return Err(AppError::invalid(format!(
                "payment: {money} was paid, and wallets have {}; give it back at the gateway",
                self.tariff.currency
            )));
        }
        Ok(money)
    }

    /// Notes that somebody has seen to a payment that is for no order. It is put away until something more is said of it.
    /// Said again it changes nothing.
    ///
    /// # Errors
    /// `forbidden`; `not_found` for a payment of which nothing is known; `conflict` for one that is an order's by now;
    /// `invalid_request` for a note that is too long.
    pub async fn settle_stray(
        &self,
        actor: &Actor,
        (gateway, payment): (&str, &str),
        text: &str,
    ) -> Result<Vec<Heard>, AppError> {
        self.must_run_the_machine(actor).await?;
        let text = note(text)?;
        for _ in 0..MOST_LOOKS {
            let is_stray = payment_messages::is_stray(&self.db, gateway, payment).await?;
            let strays = payment_messages::strays_of(&self.db, gateway, payment).await?;
            if strays.is_empty() {
                let owner = orders::of_payment(&self.db, gateway, payment).await?;
                return Err(if owner.is_some() { taken() } else { AppError::not_found("payment") });
            }
            if !is_stray {
                return self.stray_messages(actor).await;
            }
            let who = (actor.member_id, latest(&strays, self.clock.now()));
            let (gateway_name, name) = (gateway.to_owned(), payment.to_owned());
            let done = Done::SettlePayment { gateway: gateway_name, payment: name, note: text.clone() };
            let batch = Batch::new(Durability::Full)
                .with(payment_messages::put_away(gateway, payment, who, &text))
                .with(self.act_of(actor, payment, done));
            match self.db.write(batch).await {
                Ok(_) => return self.stray_messages(actor).await,
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken())
    }

    /// Credits a payment of an order to its member that is not what the order asks for: another amount, or one that came
    /// twice. Sent again it changes nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid_request` for a payment that there is nothing to credit of.
    pub async fn credit_payment(
        &self,
        actor: &Actor,
        id: OrderId,
        payment: &str,
    ) -> Result<OrderInfo, AppError> {
        for _ in 0..MOST_LOOKS {
            let state = self.managed_order(actor, id).await?;
            let around = self.around(&state).await?;
            let kept = state.order.keep(payment, around.now).map_err(not_kept)?;
            let Some((fact, change)) = kept else { return OrderInfo::new(state) };
            let writes = self.writes_of(&state, &change.order, &change.effects, &around).await?;
            let Some(writes) = writes else { continue };
            let who = (Source::Member(actor.member_id), around.now.at);
            let done = credit_of(&state.order.gateway, payment, id);
            let mut batch = Batch::new(Durability::Full);
            batch.extend(writes);
            batch.push(payment_messages::note(&heard(&(0, fact), Some(id), Outcome::Learned, who)));
            batch.push(self.act_of(actor, &state.order.member.to_string(), done));
            match self.db.write(batch).await {
                Ok(_) => return OrderInfo::new(self.managed_order(actor, id).await?),
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken())
    }
}

/// When the last of them was heard: what comes while somebody decides is not put away unseen.
fn latest(strays: &[Heard], now: Timestamp) -> Timestamp {
    strays.iter().map(|stray| stray.at).max().unwrap_or(now)
}

fn taken() -> AppError {
    AppError::new(ErrorCode::Conflict, "The payment is an order's by now.")
}

fn credit_of(gateway: &str, payment: &str, order: OrderId) -> Done {
    Done::CreditPayment { gateway: gateway.to_owned(), payment: payment.to_owned(), order }
}

fn not_kept(error: KeepError) -> AppError {
    match error {
        KeepError::Money(_) => AppError::internal(error),
        KeepError::NotPaid { .. } | KeepError::Counted | KeepError::OtherCurrency { .. } => {
            AppError::invalid(error.to_string())
        }
    }
}

fn overtaken() -> AppError {
    AppError::new(ErrorCode::Overloaded, "Others are changing this order; try again.")
}
