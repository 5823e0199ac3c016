//! Orders of the workspace, for those who run it.

use std::sync::Arc;

use gateways::{MANUAL, Manual};
use money::Amount;
use money::payment::Fact;
use payments::{Order, RefundError, Status};
use stdx::{OrderId, RefundId};
use store::admin_acts::Done;
use store::order_refunds::{self, AskedRefund};
use store::payment_messages::{self, Heard};
use store::{Batch, Durability, StoreError, orders, workspaces};
use wire::ErrorCode;

use crate::my_orders::OrderPage;
use crate::orders::{ASK_SOON, OrderInfo, OrderState, Source, is_overtaken, standing, to_json};
use crate::read_threads::page_bounds;
use crate::{Actor, App, AppError};

/// How often somebody who was overtaken looks again.
const MOST_LOOKS: u32 = 16;
/// How many messages about no order are shown.
const MOST_STRAYS: u32 = 100;

/// Which orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichOrders {
    /// All.
    All,
    /// Those that a person has to look at.
    ToLookAt,
}

/// What is to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundWish {
    /// Made by the client; the same id again gives nothing back twice.
    pub id: RefundId,
    /// Which payment of the order.
    pub payment: String,
    /// How much of it, in the currency that it was paid in.
    pub amount: Amount,
}

impl App {
    /// The workspace's orders.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `invalid_request` for a cursor or a limit that cannot be.
    pub async fn orders(
        &self,
        actor: &Actor,
        which: WhichOrders,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<OrderPage, AppError> {
        actor.must_administer()?;
        let (before, limit) = page_bounds(before, limit)?;
        let (db, home) = (&self.db, actor.workspace_id);
        OrderPage::new(match which {
            WhichOrders::All => orders::page_of_workspace(db, home, before.as_ref(), limit).await?,
            WhichOrders::ToLookAt => orders::page_to_look_at(db, home, before.as_ref(), limit).await?,
        })
    }

    /// What gateways said that is about no order, the newest first. It belongs to no workspace, so those who run the first
    /// one see it, as they see the machine.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn stray_messages(&self, actor: &Actor) -> Result<Vec<Heard>, AppError> {
        actor.must_administer()?;
        if !self.runs_the_machine(actor).await? {
            return Ok(Vec::new());
        }
        Ok(payment_messages::strays(&self.db, MOST_STRAYS).await?)
    }

    /// Payments that are for no order belong to no workspace.
    pub(crate) async fn must_run_the_machine(&self, actor: &Actor) -> Result<(), AppError> {
        actor.must_administer()?;
        if self.runs_the_machine(actor).await? { Ok(()) } else { Err(AppError::not_found("payment")) }
    }

    async fn runs_the_machine(&self, actor: &Actor) -> Result<bool, AppError> {
        let first = workspaces::first(&self.db).await?;
        Ok(first.is_some_and(|first| first.id == actor.workspace_id))
    }

    /// Says that the money of an order that is paid by hand is there.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid_request` for an order that a gateway speaks for.
    pub async fn confirm_order(&self, actor: &Actor, id: OrderId) -> Result<OrderInfo, AppError> {
        self.by_hand(actor, id, |order| Some(Manual::confirm(order.id, order.price))).await
    }

    /// Says that the money of an order that is paid by hand is not expected any more.
    ///
    /// # Errors
    /// Those of [`App::confirm_order`].
    pub async fn decline_order(&self, actor: &Actor, id: OrderId) -> Result<OrderInfo, AppError> {
        let is_open = |order: &Order| order.status() == Ok(Status::Open);
        self.by_hand(actor, id, |order| is_open(order).then(|| Manual::give_up(order.id))).await
    }

    async fn by_hand(
        &self,
        actor: &Actor,
        id: OrderId,
        says: impl FnOnce(&Order) -> Option<Fact>,
    ) -> Result<OrderInfo, AppError> {
        let state = self.managed_order(actor, id).await?;
        if state.order.gateway != MANUAL {
            let detail =
                format!("The order is paid with {}, which says itself what was paid.", state.order.gateway);
            return Err(AppError::invalid(detail));
        }
        if let Some(fact) = says(&state.order) {
            self.learn(&[fact], Source::Member(actor.member_id)).await?;
        }
        OrderInfo::new(self.managed_order(actor, id).await?)
    }

    /// Notes that somebody has looked at an order and did what was to be done.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn mark_order_seen(&self, actor: &Actor, id: OrderId) -> Result<OrderInfo, AppError> {
        for _ in 0..MOST_LOOKS {
            let info = OrderInfo::new(self.managed_order(actor, id).await?)?;
            let before = info.state.seen.clone();
            let state = OrderState { seen: info.flags.clone(), ..info.state };
            let standing = standing(&state, &state.order, self.clock.now(), ASK_SOON);
            let look = standing.map_err(AppError::internal)?.look;
            let write = orders::set_seen(state.version(), &to_json(&info.flags)?, look);
            let mut batch = Batch::new(Durability::Full).with(write);
            if !info.flags.is_subset(&before) {
                let member = state.order.member.to_string();
                batch.push(self.act_of(actor, &member, Done::SettleOrder { order: id }));
            }
            match self.db.write(batch).await {
                Ok(_) => return OrderInfo::new(self.managed_order(actor, id).await?),
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken())
    }

    /// Gives money back. It leaves the wallet at once, so that it cannot be spent while the gateway works, and comes back
    /// when the gateway declines. Sent again with the same id it gives nothing back twice.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid_request` for what cannot be given back; `conflict` for a used id;
    /// `payment_declined`; `gateway_down`, after which the refund goes on by itself.
    pub async fn refund_order(
        &self,
        actor: &Actor,
        id: OrderId,
        wish: &RefundWish,
    ) -> Result<OrderInfo, AppError> {
        let asked = self.ask_refund(actor, id, wish).await?;
        let state = self.managed_order(actor, id).await?;
        let driver = self.gateways.get(&state.order.gateway).map(Arc::clone);
        if let Some(driver) = driver.filter(|_| state.order.open_refunds().contains(&wish.id)) {
            self.send_refund(&state, &asked, driver.as_ref()).await.map_err(|error| match error.code {
                ErrorCode::GatewayDown => AppError {
                    kept: "The refund is asked for and taken from the wallet; the gateway goes on being asked.",
                    ..error
                },
                _ => error,
            })?;
        }
        OrderInfo::new(self.managed_order(actor, id).await?)
    }

    /// Keeps that somebody asked for a refund, and takes it from the wallet.
    async fn ask_refund(
        &self,
        actor: &Actor,
        id: OrderId,
        wish: &RefundWish,
    ) -> Result<AskedRefund, AppError> {
        for _ in 0..MOST_LOOKS {
            let state = self.managed_order(actor, id).await?;
            if self.gateways.get(&state.order.gateway).is_none() {
                let detail =
                    format!("{} is not set up any more; give the money back there.", state.order.gateway);
                return Err(AppError::invalid(detail));
            }
            let around = self.around(&state).await?;
            let refund = state.order.refund(wish.id, &wish.payment, wish.amount, around.now);
            let (order, change) = refund.map_err(not_given_back)?;
            let Some(change) = change else {
                let known = order_refunds::of_order(&self.db, id).await?;
                let known = known.into_iter().find(|refund| refund.id == wish.id);
                return known.ok_or_else(overtaken);
            };
            let asked = AskedRefund {
                id: wish.id,
                order_id: id,
                payment: wish.payment.clone(),
                money: order.money,
                asked_by: actor.member_id,
                asked_at: around.now.at,
            };
            let Some(writes) = self.writes_of(&state, &change.order, &change.effects, &around).await? else {
                continue;
            };
            let mut batch = Batch::new(Durability::Full).with(order_refunds::insert(&asked));
            batch.extend(writes);
            match self.db.write(batch).await {
                Ok(_) => return Ok(asked),
                Err(error) if is_overtaken(&error) => {}
                Err(StoreError::Conflict { name: order_refunds::INSERT }) => {
                    // Either the same call came first, or the id stands for a refund of another order.
                    let known = order_refunds::of_order(&self.db, id).await?;
                    if !known.iter().any(|refund| refund.id == wish.id) {
                        return Err(AppError::new(ErrorCode::Conflict, "The refund's id was used before."));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(overtaken())
    }
}

fn not_given_back(error: RefundError) -> AppError {
    match error {
        RefundError::Conflict { .. } => AppError::new(ErrorCode::Conflict, error.to_string()),
        RefundError::Money(_) => AppError::internal(error),
        RefundError::NotPaid { .. }
        | RefundError::NotAnAmount { .. }
        | RefundError::TooMuch { .. }
        | RefundError::Spent { .. } => AppError::invalid(error.to_string()),
    }
}

fn overtaken() -> AppError {
    AppError::new(ErrorCode::Overloaded, "Others are changing this order; try again.")
}
