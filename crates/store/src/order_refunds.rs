//! Refunds that somebody here asked for: what, by whom and when. Whether the money went back, the order's evidence says.

use db::{Db, Expect, Query, Row, StoreError, Write, params};
use money::{Amount, Money};
use stdx::{MemberId, OrderId, RefundId, Timestamp};

/// Conflicts when the id is taken.
pub const INSERT: &str = "order_refund_insert";

/// A refund that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedRefund {
    /// Its id, made by whoever asked.
    pub id: RefundId,
    /// Of which order.
    pub order_id: OrderId,
    /// Of which payment.
    pub payment: String,
    /// How much.
    pub money: Money,
    /// Who asked.
    pub asked_by: MemberId,
    /// When.
    pub asked_at: Timestamp,
}

/// Keeps what was asked.
pub fn insert(refund: &AskedRefund) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO order_refunds (id, order_id, payment, currency, amount, asked_by, asked_at)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params: params![
            refund.id,
            refund.order_id,
            &refund.payment,
            refund.money.currency,
            refund.money.amount,
            refund.asked_by,
            refund.asked_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// What was asked of an order, the oldest first. Whoever asks has the order, and so the right to see it.
///
/// # Errors
/// Those of reading.
pub async fn of_order(db: &Db, order_id: OrderId) -> Result<Vec<AskedRefund>, StoreError> {
    let sql = "SELECT r.id, r.order_id, r.payment, r.currency, r.amount, r.asked_by, r.asked_at FROM order_refunds r
               WHERE r.order_id = ?1 ORDER BY r.asked_at, r.id";
    db.rows(Query { sql, params: params![order_id] }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<AskedRefund, StoreError> {
    let (id, order_id, payment) = (row.take()?, row.take()?, row.take()?);
    let currency = row.take()?;
    let money = row.take::<Amount>()?.of(currency);
    Ok(AskedRefund { id, order_id, payment, money, asked_by: row.take()?, asked_at: row.take()? })
}
