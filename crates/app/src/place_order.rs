//! Begins to buy something.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use money::Money;
use money::payment::{Fact, Happened};
use payments::{Evidence, Order, Product};
use ports::{Checkout, PaymentError, PortErrorKind, Started};
use stdx::OrderId;
use store::{Batch, Durability, StoreError, orders};
use wire::ErrorCode;

use crate::buy_plan::{is_bought, unavailable};
use crate::orders::{OrderInfo, OrderState, Source, TIME_TO_PAY, before, in_time, standing};
use crate::{Actor, App, AppError};

/// How many orders a member may place in an hour.
const MOST_ORDERS: u32 = 20;
/// A hundredth of a currency in micro-units.
const HUNDREDTH: i64 = 10_000;
const HOUR: Duration = Duration::from_secs(3_600);
/// How long a gateway may take to begin.
const PATIENCE: Duration = Duration::from_secs(20);
/// How soon a gateway is asked about a new order by the job; whoever waits on the page asks before.
const FIRST_QUESTION: Duration = Duration::from_secs(120);

/// What somebody wants to buy, and how they want to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Made by the client; the same id again answers with the order there is.
    pub id: OrderId,
    /// What.
    pub product: Wish,
    /// The name of the gateway.
    pub gateway: String,
}

/// What can be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// So much in the wallet.
    TopUp(money::Amount),
    /// The first period of the plan of this id.
    Plan(String),
}

impl App {
    /// Places an order and begins its payment. Sent again it begins a payment that did not begin, and else answers with the
    /// order as it is.
    ///
    /// # Errors
    /// `invalid_request` for an amount or a gateway that cannot be; `plan_unavailable` for a plan that could not begin now;
    /// `conflict` for a used id; `rate_limited`; `payment_declined` and `gateway_down` from the gateway.
    pub async fn place_order(&self, actor: &Actor, wish: PlaceOrder) -> Result<OrderInfo, AppError> {
        let state = match self.find_order(wish.id).await? {
            Some(state) => self.same(actor, &wish, state)?,
            None => self.keep_order(actor, &wish).await?,
        };
        let info = OrderInfo::new(state)?;
        if info.state.next.is_some() || info.status != payments::Status::Open {
            return Ok(info);
        }
        OrderInfo::new(self.begin_payment(&info.state).await?)
    }

    /// The order that the id stands for, if it stands for this wish.
    fn same(&self, actor: &Actor, wish: &PlaceOrder, state: OrderState) -> Result<OrderState, AppError> {
        let order = &state.order;
        let is_wished = match (&wish.product, &order.product) {
            (Wish::TopUp(amount), Product::TopUp) => order.price == amount.of(self.tariff.currency),
            // What it cost when the order was placed is what is paid.
            (Wish::Plan(wished), Product::Plan { plan }) => wished == plan,
            (Wish::TopUp(_), Product::Plan { .. }) | (Wish::Plan(_), Product::TopUp) => false,
        };
        let is_same = is_wished && state.scope() == actor.scope() && order.gateway == wish.gateway;
        let taken = || AppError::new(ErrorCode::Conflict, "The order's id was used for something else.");
        if is_same { Ok(state) } else { Err(taken()) }
    }

    async fn keep_order(&self, actor: &Actor, wish: &PlaceOrder) -> Result<OrderState, AppError> {
        let (product, price) = self.offer(actor, &wish.product).await?;
        if self.gateways.get(&wish.gateway).is_none() {
            let names = self.gateways.names().collect::<Vec<_>>().join(", ");
            return Err(AppError::invalid(format!("gateway: one of those that are set up here ({names})")));
        }
        let now = self.clock.now();
        let order = Order {
            id: wish.id,
            member: actor.member_id,
            product,
            price,
            gateway: wish.gateway.clone(),
            reference: None,
            placed_at: now,
            evidence: Evidence::default(),
            delivery: None,
        };
        let state = OrderState {
            workspace_id: actor.workspace_id,
            order,
            next: None,
            expires_at: now.plus(TIME_TO_PAY),
            version: 1,
            seen: BTreeSet::new(),
        };
        let standing = standing(&state, &state.order, now, FIRST_QUESTION).map_err(AppError::internal)?;
        let since = before(now, HOUR);
        let batch = Batch::new(Durability::Full)
            .with(orders::must_be_fewer_than(actor.scope(), MOST_ORDERS, since))
            .with(orders::insert(&state.row()?, standing));
        match self.db.write(batch).await {
            Ok(_) => Ok(state),
            Err(StoreError::Expectation { name: orders::ROOM }) => Err(AppError::new(
                ErrorCode::RateLimited,
                "You have placed many orders in the last hour. Pay one of them, or wait.",
            )),
            Err(StoreError::Conflict { name: orders::INSERT }) => {
                let there = self.find_order(wish.id).await?;
                self.same(actor, wish, there.ok_or_else(|| AppError::not_found("order"))?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What a wish is, and what it costs. The amount of a top-up is the member's to choose; that this is what is to be paid
    /// is ours.
    async fn offer(&self, actor: &Actor, wish: &Wish) -> Result<(Product, Money), AppError> {
        let currency = self.tariff.currency;
        match wish {
            Wish::TopUp(amount) => {
                let bounds = self.gateways.top_ups();
                if !bounds.allows(*amount) {
                    let (least, most) = (plain(bounds.least), plain(bounds.most));
                    let detail = format!("micros: from {least} to {most} {currency}, in hundredths");
                    return Err(AppError::invalid(detail));
                }
                Ok((Product::TopUp, amount.of(currency)))
            }
            Wish::Plan(id) => {
                let holding = self.holding(actor).await?;
                let plan = self.for_sale(id)?;
                if holding.live().is_some_and(|held| is_bought(held, plan)) {
                    return Err(unavailable(format!(
                        "You hold the plan `{id}` already; it is renewed from the wallet, so top that up."
                    )));
                }
                self.purchase(&holding, plan, self.clock.now())?;
                if !is_payable(plan.price) {
                    return Err(unavailable(format!(
                        "No gateway takes the price of the plan `{id}`; pay it from the wallet."
                    )));
                }
                Ok((Product::Plan { plan: id.clone() }, plan.price.of(currency)))
            }
        }
    }

    /// Begins the payment of an order; the same payment, however often. One that the gateway declines is closed.
    pub(crate) async fn begin_payment(&self, state: &OrderState) -> Result<OrderState, AppError> {
        let order = &state.order;
        let Some(driver) = self.gateways.get(&order.gateway).map(Arc::clone) else {
            return Err(
                PaymentError::new(PortErrorKind::Down, "this way to pay is not set up any more").into()
            );
        };
        let checkout = Checkout {
            order: order.id,
            money: order.price,
            title: title(order),
            expires_at: state.expires_at,
        };
        match in_time(PATIENCE, driver.begin(checkout)).await {
            Ok(Started { reference, next }) => {
                let write = orders::begun(state.scope(), order.id, reference.as_deref(), &next);
                self.db.write(Batch::new(Durability::Full).with(write)).await?;
                let there = self.find_order(order.id).await?;
                there.ok_or_else(|| AppError::not_found("order"))
            }
            Err(error) => {
                tracing::warn!(order = %order.id, gateway = order.gateway, %error, "a payment did not begin");
                if error.is_declined() {
                    self.learn(&[given_up(order, "declined")], Source::Answer).await?;
                }
                Err(error.into())
            }
        }
    }
}

/// That nobody waits for the payment of an order any more. Money that comes after all counts.
pub(crate) fn given_up(order: &Order, why: &str) -> Fact {
    Fact {
        gateway: order.gateway.clone(),
        event: format!("{why}:{}", order.id),
        payment: String::new(),
        order: Some(order.id),
        what: Happened::Failed,
    }
}

/// What the payer reads at the gateway. The same whenever the payment is begun again: gateways compare.
fn title(order: &Order) -> String {
    let (amount, currency) = (plain(order.price.amount), order.price.currency);
    match &order.product {
        Product::TopUp => format!("充值 · Top-up {amount} {currency}"),
        Product::Plan { plan } => format!("套餐 · Plan {plan} {amount} {currency}"),
    }
}

/// True for what a gateway can take: more than nothing, in whole hundredths.
fn is_payable(price: money::Amount) -> bool {
    price.is_positive() && price.micros() % HUNDREDTH == 0
}

/// An amount in whole hundredths, as it is written: `88.80`.
fn plain(amount: money::Amount) -> String {
    let text = amount.to_string();
    text.strip_suffix("0000").unwrap_or(&text).to_owned()
}
