//! Asking gateways what became of orders: callbacks get lost.

use std::sync::Arc;
use std::time::Duration;

use payments::Status;
use ports::{PaymentDriver, PaymentQuery};
use stdx::Timestamp;
use store::order_refunds::{self, AskedRefund};
use store::{Batch, Durability, StoreError, orders};

use super::{GRACE, OrderState, Source, before, in_time, patience, standing};
use crate::place_order::given_up;
use crate::{App, AppError};

/// The shortest time between two questions about one order, whoever asks.
const PAUSE: Duration = Duration::from_secs(3);
/// How long the page waits for a gateway's answer.
const PAGE_PATIENCE: Duration = Duration::from_secs(5);
/// How long the job waits for it.
const JOB_PATIENCE: Duration = Duration::from_secs(30);
/// Orders that one look asks about at most.
const MOST_AT_ONCE: u32 = 50;
/// How long a refund is sent again whose end is not known. Gateways know it by its id for a day at least.
const SENT_AGAIN: Duration = Duration::from_secs(20 * 3_600);

impl App {
    /// Asks gateways about the orders that are due, one after the other. Answers how many were asked about.
    ///
    /// # Errors
    /// When the database cannot be read or written. What a gateway does not answer is asked again later.
    pub async fn ask_gateways(&self) -> Result<usize, AppError> {
        let mut asked = 0;
        for row in orders::due(&self.db, self.clock.now(), MOST_AT_ONCE).await? {
            let state = OrderState::read(row)?;
            if !self.take_turn(&state).await? {
                continue;
            }
            asked += 1;
            if let Err(error) = self.ask(&state, JOB_PATIENCE).await {
                let (order, gateway) = (state.order.id, &state.order.gateway);
                tracing::warn!(%order, gateway, %error, "a gateway did not say what became of an order");
            }
            self.close_if_over(&state).await?;
        }
        Ok(asked)
    }

    /// Asks while somebody waits. True when something may have changed.
    pub(crate) async fn ask_for_the_page(&self, state: &OrderState) -> bool {
        let Ok(status) = state.order.status() else { return false };
        let waits =
            matches!(status, Status::Open | Status::Pending) || !state.order.open_refunds().is_empty();
        if !waits || state.next.is_none() || self.gateways.for_callback(&state.order.gateway).is_none() {
            return false;
        }
        let asked = async {
            if self.take_turn(state).await? { self.ask(state, PAGE_PATIENCE).await } else { Ok(()) }
        };
        if let Err(error) = asked.await {
            tracing::debug!(order = %state.order.id, %error, "a gateway did not say what became of an order");
        }
        true
    }

    /// True for the one who may ask now.
    async fn take_turn(&self, state: &OrderState) -> Result<bool, AppError> {
        let now = self.clock.now();
        let wait = patience(&state.order, now);
        let ask_at = standing(state, &state.order, now, wait).map_err(AppError::internal)?.ask_at;
        let claim = orders::claim_ask(state.version(), now, before(now, PAUSE), ask_at);
        match self.db.write(Batch::new(Durability::Relaxed).with(claim)).await {
            Ok(_) => Ok(true),
            Err(StoreError::Expectation { name: orders::ASK }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn ask(&self, state: &OrderState, most: Duration) -> Result<(), AppError> {
        let Some(driver) = self.gateways.for_callback(&state.order.gateway).map(Arc::clone) else {
            return Ok(());
        };
        let mut state = state.clone();
        let now = self.clock.now();
        if state.next.is_none() && state.order.status() == Ok(Status::Open) && now < state.expires_at {
            // Whether it began nobody knows; beginning again tells.
            state = self.begin_payment(&state).await?;
        }
        let query = PaymentQuery {
            order: state.order.id,
            reference: state.order.reference.clone(),
            refunds: state.order.open_refunds(),
        };
        let facts = in_time(most, driver.query(query)).await?;
        self.learn(&facts, Source::Answer).await?;
        let Some(state) = self.find_order(state.order.id).await? else { return Ok(()) };
        self.send_again(&state, driver.as_ref(), now).await
    }

    /// Sends refunds again whose end is not known: the gateway may never have heard of them.
    async fn send_again(
        &self,
        state: &OrderState,
        driver: &dyn PaymentDriver,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let open = state.order.open_refunds();
        if open.is_empty() {
            return Ok(());
        }
        for asked in order_refunds::of_order(&self.db, state.order.id).await? {
            if open.contains(&asked.id) && now.since(asked.asked_at) < SENT_AGAIN {
                self.send_refund(state, &asked, driver).await?;
            }
        }
        Ok(())
    }

    /// Tells a gateway to give money back, and learns what it says. One that it declines for good is given back to the
    /// wallet.
    pub(crate) async fn send_refund(
        &self,
        state: &OrderState,
        asked: &AskedRefund,
        driver: &dyn PaymentDriver,
    ) -> Result<(), AppError> {
        let now = self.around(state).await?.now;
        let known = state.order.refund(asked.id, &asked.payment, asked.money.amount, now);
        let (order, _) = known.map_err(AppError::internal)?;
        match in_time(JOB_PATIENCE, driver.refund(state.order.id, order.clone())).await {
            Ok(facts) => self.learn(&facts, Source::Answer).await,
            Err(error) => {
                tracing::warn!(order = %state.order.id, refund = %asked.id, %error, "a refund was not carried out");
                if error.is_declined() {
                    self.learn(&[state.order.refund_refused(&order)], Source::Answer).await?;
                }
                Err(error.into())
            }
        }
    }

    /// Closes an order that nobody has paid and nobody asks about any more.
    async fn close_if_over(&self, state: &OrderState) -> Result<(), AppError> {
        if self.clock.now() < state.expires_at.plus(GRACE) {
            return Ok(());
        }
        let Some(state) = self.find_order(state.order.id).await? else { return Ok(()) };
        if state.order.status() == Ok(Status::Open) {
            self.learn(&[given_up(&state.order, "expired")], Source::Answer).await?;
        }
        Ok(())
    }
}
