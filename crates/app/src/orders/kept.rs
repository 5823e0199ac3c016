//! Orders as they are kept, read into the words of `payments` and written from them.

use std::collections::BTreeSet;

use payments::{Flag, Order, Status};
use ports::NextStep;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stdx::{OrderId, Timestamp, WorkspaceId};
use store::orders::OrderVersion;
use store::{OrderRow, Scope, orders};

use crate::{Actor, App, AppError};

/// An order as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderState {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The order and what was heard of it.
    pub order: Order,
    /// What the payer does next; absent until the gateway has begun.
    pub next: Option<NextStep>,
    /// Until when the gateway takes a payment.
    pub expires_at: Timestamp,
    /// Grows with every change of what was heard.
    pub version: u64,
    /// The flags that a person has looked at.
    pub seen: BTreeSet<Flag>,
}

impl OrderState {
    /// Whose it is.
    pub(crate) fn scope(&self) -> Scope {
        Scope { workspace_id: self.workspace_id, member_id: self.order.member }
    }

    /// What was decided on.
    pub(crate) fn version(&self) -> OrderVersion {
        OrderVersion { workspace_id: self.workspace_id, id: self.order.id, version: self.version }
    }

    pub(crate) fn read(row: OrderRow) -> Result<Self, AppError> {
        let order = Order {
            id: row.id,
            member: row.member_id,
            product: from_json(&row.product)?,
            price: row.price,
            gateway: row.gateway,
            reference: row.reference,
            placed_at: row.placed_at,
            evidence: from_json(&row.evidence)?,
            delivery: row.delivery.as_deref().map(from_json).transpose()?,
        };
        let (workspace_id, version, seen) = (row.workspace_id, row.version, from_json(&row.seen)?);
        Ok(Self { workspace_id, order, next: row.next, expires_at: row.expires_at, version, seen })
    }

    pub(crate) fn row(&self) -> Result<OrderRow, AppError> {
        let order = &self.order;
        Ok(OrderRow {
            workspace_id: self.workspace_id,
            id: order.id,
            member_id: order.member,
            product: to_json(&order.product)?,
            price: order.price,
            gateway: order.gateway.clone(),
            reference: order.reference.clone(),
            next: self.next.clone(),
            placed_at: order.placed_at,
            expires_at: self.expires_at,
            evidence: to_json(&order.evidence)?,
            delivery: order.delivery.as_ref().map(to_json).transpose()?,
            version: self.version,
            seen: to_json(&self.seen)?,
        })
    }
}

impl App {
    /// An order, wherever it is.
    pub(crate) async fn find_order(&self, id: OrderId) -> Result<Option<OrderState>, AppError> {
        orders::find(&self.db, id).await?.map(OrderState::read).transpose()
    }

    /// An order of the actor.
    pub(crate) async fn own_order(&self, actor: &Actor, id: OrderId) -> Result<OrderState, AppError> {
        let found = orders::get(&self.db, actor.scope(), id).await?;
        OrderState::read(found.ok_or_else(|| AppError::not_found("order"))?)
    }

    /// An order of the workspace, for those who run it.
    pub(crate) async fn managed_order(&self, actor: &Actor, id: OrderId) -> Result<OrderState, AppError> {
        actor.must_administer()?;
        let found = orders::of_workspace(&self.db, actor.workspace_id, id).await?;
        OrderState::read(found.ok_or_else(|| AppError::not_found("order"))?)
    }
}

/// The word for how an order stands, in lists.
pub(crate) fn word(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Pending => "pending",
        Status::Paid => "paid",
        Status::PartlyRefunded => "partly_refunded",
        Status::Refunded => "refunded",
        Status::Closed => "closed",
    }
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(value).map_err(AppError::internal)
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, AppError> {
    serde_json::from_str(text).map_err(AppError::internal)
}
