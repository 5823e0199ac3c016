//! What is spent in two parts: what is over for good, and the short rest since then. Whoever remembers the first part reads
//! the second only, however much was asked in a month.

use db::{Db, Query, Row, StoreError, params};
use plans::Measure;
use stdx::Timestamp;

use super::Counted;

/// What charges say that began after an instant, in micro-units, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Of each of them: when it began, and what it cost or may cost.
    pub spent: Vec<(Timestamp, u64)>,
    /// When the first of those began that go on.
    pub open_since: Option<Timestamp>,
}

macro_rules! tail {
    ($what:literal, $whose:literal) => {
        concat!(
            "SELECT c.began_at, ",
            $what,
            ", c.settled_at FROM charges c WHERE c.workspace_id = ?1 AND ",
            $whose,
            " AND c.began_at > ?3"
        )
    };
}

macro_rules! first_open {
    ($what:literal, $whose:literal) => {
        concat!(
            "SELECT MIN(c.began_at) FROM charges c WHERE c.workspace_id = ?1 AND ",
            $whose,
            " AND c.began_at > ?3 AND c.settled_at IS NULL"
        )
    };
}

macro_rules! until {
    ($what:literal, $whose:literal) => {
        concat!(total!($what, $whose), " AND c.began_at <= ?4")
    };
}

/// The charges of each of these that began after its instant, all read at one instant.
///
/// # Errors
/// Those of reading.
pub async fn tails(db: &Db, wanted: &[(Counted, Timestamp)]) -> Result<Vec<Tail>, StoreError> {
    let queries = wanted.iter().map(|(counted, since)| tail_query(*counted, *since));
    db.snapshot(queries.collect()).await?.into_iter().map(read_tail).collect()
}

/// For [`tails`], and for those who read more at the same instant.
pub(crate) fn tail_query(counted: Counted, since: Timestamp) -> Query {
    counted.query(counted!(tail, counted, Measure::Credits), since)
}

/// When the first of somebody's charges began that go on, of those that began after an instant.
///
/// # Errors
/// Those of reading.
pub async fn open_since(
    db: &Db,
    counted: Counted,
    since: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let query = counted.query(counted!(first_open, counted, Measure::Credits), since);
    db.row(query).await?.as_mut().map_or(Ok(None), Row::take)
}

/// What was spent by those that began after an instant and not after another, in micro-units.
///
/// # Errors
/// Those of reading.
pub async fn spent_until(
    db: &Db,
    counted: Counted,
    since: Timestamp,
    until: Timestamp,
) -> Result<u64, StoreError> {
    let sql = counted!(until, counted, Measure::Credits);
    let (workspace_id, subject) = counted.names();
    let query = Query { sql, params: params![workspace_id, subject, since, until] };
    let none = || StoreError::other("a sum without an answer");
    db.row(query).await?.as_mut().ok_or_else(none)?.take()
}

/// Reads the answer to [`tail_query`].
pub(crate) fn read_tail(rows: Vec<Row>) -> Result<Tail, StoreError> {
    let mut tail = Tail::default();
    for mut row in rows {
        let (at, credits): (Timestamp, u64) = (row.take()?, row.take()?);
        tail.spent.push((at, credits));
        let settled_at: Option<Timestamp> = row.take()?;
        if settled_at.is_none() {
            tail.open_since = Some(tail.open_since.map_or(at, |first| first.min(at)));
        }
    }
    Ok(tail)
}
