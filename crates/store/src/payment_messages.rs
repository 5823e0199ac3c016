//! What was said about payments, by gateways and by people. For whoever asks what happened; nothing depends on it.

use db::{Db, Expect, Json, Query, Row, StoreError, Word, Write, params};
use money::payment::Fact;
use serde::{Deserialize, Serialize};
use stdx::{MemberId, OrderId, Timestamp};

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What.
    pub fact: Fact,
    /// The how-manyth thing that its message says.
    pub line: u64,
    /// The order that it is about; absent when it is about none of ours.
    pub order_id: Option<OrderId>,
    /// The member who said it; absent when the gateway did.
    pub said_by: Option<MemberId>,
    /// What became of it.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// What became of something that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The order is another one because of it.
    Learned,
    /// It was known.
    Known,
    /// It names no order of ours, and no order has its payment.
    UnknownOrder,
    /// Its payment is for another order than it says.
    OtherOrder,
    /// The order is paid another way.
    OtherGateway,
}

/// Keeps what was said, once. What was about no order may be about one when it is said again.
pub fn note(heard: &Heard) -> Write {
    Write {
        name: "payment_message",
        sql: "INSERT INTO payment_messages (gateway, event, line, order_id, said_by, fact, outcome, heard_at, payment)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (gateway, event, line)
              DO UPDATE SET order_id = excluded.order_id, outcome = excluded.outcome
              WHERE payment_messages.order_id IS NULL AND excluded.order_id IS NOT NULL",
        params: params![
            &heard.fact.gateway,
            &heard.fact.event,
            heard.line,
            heard.order_id,
            heard.said_by,
            Json(&heard.fact),
            Word(heard.outcome),
            heard.at,
            &heard.fact.payment,
        ],
        expect: Expect::Any,
    }
}

/// What was said about an order, the first first. Whoever asks has the order, and so the right to see it.
///
/// # Errors
/// Those of reading.
pub async fn of_order(db: &Db, order_id: OrderId) -> Result<Vec<Heard>, StoreError> {
    let sql = "SELECT e.fact, e.line, e.order_id, e.said_by, e.outcome, e.heard_at FROM payment_messages e
               WHERE e.order_id = ?1 ORDER BY e.heard_at, e.gateway, e.event, e.line";
    db.rows(Query { sql, params: params![order_id] }).await?.iter_mut().map(read).collect()
}

/// Told when nothing is left to put away of a payment.
pub const PUT_AWAY: &str = "put_away_stray";

/// What is about no order and was heard after somebody put away what there was of its payment.
macro_rules! open {
    () => {
        "e.order_id IS NULL AND NOT EXISTS (SELECT 1 FROM settled_strays s
           WHERE s.gateway = e.gateway AND s.payment = e.payment AND s.settled_at >= e.heard_at)"
    };
}

/// Puts away what was heard up to `at` of a payment that is for no order: the latest that whoever decides knows of. Of
/// several at once one does it, and the others are told [`PUT_AWAY`].
pub fn put_away(gateway: &str, payment: &str, (by, at): (MemberId, Timestamp), note: &str) -> Write {
    Write {
        name: PUT_AWAY,
        sql: concat!(
            "INSERT INTO settled_strays (gateway, payment, settled_at, settled_by, note)
             SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM payment_messages e
               WHERE e.gateway = ?1 AND e.payment = ?2 AND e.heard_at <= ?3 AND ",
            open!(),
            ") ON CONFLICT (gateway, payment) DO UPDATE
               SET settled_at = excluded.settled_at, settled_by = excluded.settled_by, note = excluded.note"
        ),
        params: params![gateway, payment, at, by, note],
        expect: Expect::Changed(1),
    }
}

/// What was said that is about no order and that nobody has put away, the newest first, at most `most`.
///
/// # Errors
/// Those of reading.
pub async fn strays(db: &Db, most: u32) -> Result<Vec<Heard>, StoreError> {
    let sql = concat!(
        "SELECT e.fact, e.line, e.order_id, e.said_by, e.outcome, e.heard_at FROM payment_messages e WHERE ",
        open!(),
        " ORDER BY e.heard_at DESC, e.gateway DESC, e.event DESC, e.line DESC LIMIT ?1"
    );
    db.rows(Query { sql, params: params![most] }).await?.iter_mut().map(read).collect()
}

/// Whether something was said of a payment that is about no order and that nobody has put away.
///
/// # Errors
/// Those of reading.
pub async fn is_stray(db: &Db, gateway: &str, payment: &str) -> Result<bool, StoreError> {
    let sql = concat!(
        "SELECT 1 FROM payment_messages e WHERE e.gateway = ?1 AND e.payment = ?2 AND ",
        open!(),
        " LIMIT 1"
    );
    Ok(!db.rows(Query { sql, params: params![gateway, payment] }).await?.is_empty())
}

/// What was said about a payment that is for no order, the first first.
///
/// # Errors
/// Those of reading.
pub async fn strays_of(db: &Db, gateway: &str, payment: &str) -> Result<Vec<Heard>, StoreError> {
    let sql = "SELECT e.fact, e.line, e.order_id, e.said_by, e.outcome, e.heard_at FROM payment_messages e
               WHERE e.order_id IS NULL AND e.gateway = ?1 AND e.payment = ?2 ORDER BY e.heard_at, e.event, e.line";
    db.rows(Query { sql, params: params![gateway, payment] }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<Heard, StoreError> {
    Ok(Heard {
        fact: row.take::<Json<_>>()?.0,
        line: row.take()?,
        order_id: row.take()?,
        said_by: row.take()?,
        outcome: row.take::<Word<_>>()?.0,
        at: row.take()?,
    })
}
