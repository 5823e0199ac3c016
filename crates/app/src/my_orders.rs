//! A member's orders.

use stdx::OrderId;
use store::orders;

use crate::orders::{OrderInfo, OrderState, Source};
use crate::place_order::given_up;
use crate::read_threads::page_bounds;
use crate::{Actor, App, AppError};

/// Some orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPage {
    /// The newest first.
    pub items: Vec<OrderInfo>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl OrderPage {
    pub(crate) fn new(page: store::Page<store::OrderRow>) -> Result<Self, AppError> {
        let items = page
            .items
            .into_iter()
            .map(|row| OrderInfo::new(OrderState::read(row)?))
            .collect::<Result<_, _>>()?;
        Ok(Self { items, next: page.next.map(|cursor| cursor.to_string()) })
    }
}

impl App {
    /// The member's orders.
    ///
    /// # Errors
    /// `invalid_request` for a cursor or a limit that cannot be.
    pub async fn my_orders(
        &self,
        actor: &Actor,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<OrderPage, AppError> {
        let (before, limit) = page_bounds(before, limit)?;
        OrderPage::new(orders::page(&self.db, actor.scope(), before.as_ref(), limit).await?)
    }

    /// An order of the member. While it waits for its payment the gateway is asked, for a short time and not more often
    /// than every few seconds; when it has nothing to say, the order is as it was.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn my_order(&self, actor: &Actor, id: OrderId) -> Result<OrderInfo, AppError> {
        let state = self.own_order(actor, id).await?;
        if !self.ask_for_the_page(&state).await {
            return OrderInfo::new(state);
        }
        OrderInfo::new(self.own_order(actor, id).await?)
    }

    /// Gives an order up that waits for its payment. What is on its way or paid stays as it is, and money that comes after
    /// all counts.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn cancel_order(&self, actor: &Actor, id: OrderId) -> Result<OrderInfo, AppError> {
        let info = self.my_order(actor, id).await?;
        if info.status != payments::Status::Open {
            return Ok(info);
        }
        let fact = given_up(&info.state.order, "given_up");
        self.learn(&[fact], Source::Member(actor.member_id)).await?;
        OrderInfo::new(self.own_order(actor, id).await?)
    }
}
