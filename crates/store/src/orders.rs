//! Orders: what members buy through payment gateways. An order is kept with all that was heard of it; whoever learns
//! something new decides on one version of it, and storing expects that version.

use db::{Cursor, Db, Expect, Json, Keyset, Page, Query, Row, StoreError, Write, params};
use money::{Amount, Money};
use ports::NextStep;
use stdx::{MemberId, OrderId, Timestamp, WorkspaceId};

use crate::Scope;

/// Conflicts when the id is taken.
pub const INSERT: &str = "order_insert";
/// Fails when the order was changed meanwhile.
pub const VERSION: &str = "order_version";
/// Fails when the payment is for another order.
pub const PAYMENT: &str = "order_payment";
/// Fails when the member has placed too many orders.
pub const ROOM: &str = "order_room";
/// Fails when somebody else has just asked the gateway about the order.
pub const ASK: &str = "order_ask";

/// An order as it is kept. What is JSON here, `payments` writes and reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// Its id.
    pub id: OrderId,
    /// Who buys.
    pub member_id: MemberId,
    /// JSON of what they buy.
    pub product: String,
    /// What they have to pay.
    pub price: Money,
    /// How they pay.
    pub gateway: String,
    /// The gateway's name for what it began.
    pub reference: Option<String>,
    /// What the payer does next; absent until the gateway has begun.
    pub next: Option<NextStep>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Until when the gateway takes a payment.
    pub expires_at: Timestamp,
    /// JSON of what was heard of it.
    pub evidence: String,
    /// JSON of what the member has for a plan that was paid.
    pub delivery: Option<String>,
    /// Grows with every change of what was heard.
    pub version: u64,
    /// JSON of the flags that a person has looked at.
    pub seen: String,
}

/// One version of an order: what somebody decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderVersion {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The order.
    pub id: OrderId,
    /// As it was read.
    pub version: u64,
}

/// What follows from what was heard of an order, kept for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// A word for how it stands.
    pub status: &'static str,
    /// True while a person has to look at it.
    pub look: bool,
    /// When the gateway is asked next; absent when it has nothing to say any more.
    pub ask_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "o.workspace_id, o.id, o.member_id, o.product, o.currency, o.price, o.gateway, o.reference, o.next, o.placed_at,
         o.expires_at, o.evidence, o.delivery, o.version, o.seen"
    };
}

/// Keeps a new order.
pub fn insert(order: &OrderRow, standing: Standing) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO orders (id, workspace_id, member_id, product, currency, price, gateway, reference, next,
                placed_at, expires_at, evidence, version, status, seen, look, ask_at, delivery)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params: params![
            order.id,
            order.workspace_id,
            order.member_id,
            &order.product,
            order.price.currency,
            order.price.amount,
            &order.gateway,
            order.reference.as_deref(),
            order.next.as_ref().map(Json),
            order.placed_at,
            order.expires_at,
            &order.evidence,
            order.version,
            standing.status,
            &order.seen,
            standing.look,
            standing.ask_at,
            order.delivery.as_deref(),
        ],
        expect: Expect::Changed(1),
    }
}

/// Fails as an expectation named [`ROOM`] when a member has placed so many orders or more since an instant.
pub fn must_be_fewer_than(scope: Scope, most: u32, since: Timestamp) -> Write {
    Write {
        name: ROOM,
        sql: "SELECT 1 FROM members m WHERE m.id = ?2 AND m.workspace_id = ?1 AND (
                SELECT COUNT(*) FROM orders o
                WHERE o.workspace_id = ?1 AND o.member_id = ?2 AND o.placed_at > ?4) < ?3",
        params: params![scope.workspace_id, scope.member_id, most, since],
        expect: Expect::Changed(1),
    }
}

/// Notes what a gateway began, whatever was heard of the order meanwhile.
pub fn begun(scope: Scope, id: OrderId, reference: Option<&str>, next: &NextStep) -> Write {
    Write {
        name: VERSION,
        sql: "UPDATE orders SET reference = ?4, next = ?5 WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id, reference, Json(next)],
        expect: Expect::Changed(1),
    }
}

/// Keeps what an order has learned, and what the member has for it. Fails as an expectation named [`VERSION`] when it is
/// another one by now.
pub fn learn(before: OrderVersion, evidence: &str, delivery: Option<&str>, standing: Standing) -> Write {
    Write {
        name: VERSION,
        sql: "UPDATE orders SET evidence = ?4, status = ?5, look = ?6, ask_at = ?7, delivery = ?8, version = version + 1
              WHERE id = ?1 AND workspace_id = ?2 AND version = ?3",
        params: params![
            before.id,
            before.workspace_id,
            before.version,
            evidence,
            standing.status,
            standing.look,
            standing.ask_at,
            delivery,
        ],
        expect: Expect::Changed(1),
    }
}

/// Says that a payment is for this order, which may be said again. Fails as an expectation named [`PAYMENT`] when it is for
/// another one.
pub fn claim_payment(gateway: &str, payment: &str, order: OrderId) -> Write {
    Write {
        name: PAYMENT,
        sql: "INSERT INTO order_payments (gateway, payment, order_id) VALUES (?1, ?2, ?3)
              ON CONFLICT (gateway, payment) DO UPDATE SET order_id = excluded.order_id
              WHERE order_payments.order_id = excluded.order_id",
        params: params![gateway, payment, order],
        expect: Expect::Changed(1),
    }
}

/// Takes the turn to ask the gateway about an order, and says when it is asked again. Fails as an expectation named
/// [`ASK`] when somebody asked after `last`.
pub fn claim_ask(order: OrderVersion, now: Timestamp, last: Timestamp, ask_at: Option<Timestamp>) -> Write {
    Write {
        name: ASK,
        sql: "UPDATE orders SET asked_at = ?3, ask_at = ?5
              WHERE id = ?1 AND workspace_id = ?2 AND (asked_at IS NULL OR asked_at <= ?4)",
        params: params![order.id, order.workspace_id, now, last, ask_at],
        expect: Expect::Changed(1),
    }
}

/// Notes that a person has looked at these flags of an order.
pub fn set_seen(before: OrderVersion, seen: &str, look: bool) -> Write {
    Write {
        name: VERSION,
        sql: "UPDATE orders SET seen = ?4, look = ?5, version = version + 1
              WHERE id = ?1 AND workspace_id = ?2 AND version = ?3",
        params: params![before.id, before.workspace_id, before.version, seen, look],
        expect: Expect::Changed(1),
    }
}

/// An order of this member.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM orders o WHERE o.id = ?1 AND o.workspace_id = ?2 AND o.member_id = ?3"
    );
    one(db, Query { sql, params: params![id, scope.workspace_id, scope.member_id] }).await
}

/// An order of a workspace, whoever's it is.
///
/// # Errors
/// Those of reading.
pub async fn of_workspace(
    db: &Db,
    workspace_id: WorkspaceId,
    id: OrderId,
) -> Result<Option<OrderRow>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM orders o WHERE o.id = ?1 AND o.workspace_id = ?2");
    one(db, Query { sql, params: params![id, workspace_id] }).await
}

/// An order, wherever it is: gateways know no workspaces.
///
/// # Errors
/// Those of reading.
pub async fn find(db: &Db, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM orders o WHERE o.id = ?1");
    one(db, Query { sql, params: params![id] }).await
}

/// Which order a payment is for.
///
/// # Errors
/// Those of reading.
pub async fn of_payment(db: &Db, gateway: &str, payment: &str) -> Result<Option<OrderId>, StoreError> {
    let sql = "SELECT p.order_id FROM order_payments p WHERE p.gateway = ?1 AND p.payment = ?2";
    let query = Query { sql, params: params![gateway, payment] };
    db.row(query).await?.map(|mut row| row.take()).transpose()
}

/// The orders of all workspaces about which a gateway is to be asked, the longest due first, at most `most`.
///
/// # Errors
/// Those of reading.
pub async fn due(db: &Db, now: Timestamp, most: u32) -> Result<Vec<OrderRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM orders o WHERE o.ask_at IS NOT NULL AND o.ask_at <= ?1 ORDER BY o.ask_at, o.id LIMIT ?2"
    );
    db.rows(Query { sql, params: params![now, most] }).await?.iter_mut().map(read).collect()
}

/// A page of this member's orders, the newest first.
///
/// # Errors
/// Those of reading.
pub async fn page(
    db: &Db,
    scope: Scope,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<OrderRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM orders o WHERE o.member_id = ?1 AND o.workspace_id = ?2 AND (o.placed_at, o.id) < (?3, ?4)
          ORDER BY o.placed_at DESC, o.id DESC LIMIT ?5"
    );
    let keyset = Keyset::new(before, limit);
    let (at, id, most) = (keyset.before.clone(), keyset.before_id.clone(), keyset.limit.clone());
    page_of(db, &keyset, Query { sql, params: params![scope.member_id, scope.workspace_id, at, id, most] })
        .await
}

/// A page of a workspace's orders, the newest first.
///
/// # Errors
/// Those of reading.
pub async fn page_of_workspace(
    db: &Db,
    workspace_id: WorkspaceId,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<OrderRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM orders o WHERE o.workspace_id = ?1 AND (o.placed_at, o.id) < (?2, ?3)
          ORDER BY o.placed_at DESC, o.id DESC LIMIT ?4"
    );
    let keyset = Keyset::new(before, limit);
    let (at, id, most) = (keyset.before.clone(), keyset.before_id.clone(), keyset.limit.clone());
    page_of(db, &keyset, Query { sql, params: params![workspace_id, at, id, most] }).await
}

/// As [`page_of_workspace`], of those that a person has to look at.
///
/// # Errors
/// Those of reading.
pub async fn page_to_look_at(
    db: &Db,
    workspace_id: WorkspaceId,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<OrderRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM orders o WHERE o.workspace_id = ?1 AND o.look = 1 AND (o.placed_at, o.id) < (?2, ?3)
          ORDER BY o.placed_at DESC, o.id DESC LIMIT ?4"
    );
    let keyset = Keyset::new(before, limit);
    let (at, id, most) = (keyset.before.clone(), keyset.before_id.clone(), keyset.limit.clone());
    page_of(db, &keyset, Query { sql, params: params![workspace_id, at, id, most] }).await
}

async fn page_of(db: &Db, keyset: &Keyset, query: Query) -> Result<Page<OrderRow>, StoreError> {
    let rows = db.rows(query).await?;
    keyset.page(rows, |mut row| read(&mut row), |order| (order.placed_at, order.id))
}

async fn one(db: &Db, query: Query) -> Result<Option<OrderRow>, StoreError> {
    db.row(query).await?.as_mut().map(read).transpose()
}

/// Reads [`columns`].
fn read(row: &mut Row) -> Result<OrderRow, StoreError> {
    let (workspace_id, id, member_id, product) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let currency = row.take()?;
    Ok(OrderRow {
        workspace_id,
        id,
        member_id,
        product,
        price: row.take::<Amount>()?.of(currency),
        gateway: row.take()?,
        reference: row.take()?,
        next: row.take::<Option<Json<_>>>()?.map(|json| json.0),
        placed_at: row.take()?,
        expires_at: row.take()?,
        evidence: row.take()?,
        delivery: row.take()?,
        version: row.take()?,
        seen: row.take()?,
    })
}
