//! What runs cost that are over, for those who add it up.

use db::{Db, Json, Query, Row, StoreError, Value, params};
use money::{Amount, Currency, Usage};
use stdx::{MemberId, RunId, Timestamp, WorkspaceId};

/// What a run that is over cost: what sums of spending are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The run.
    pub run_id: RunId,
    /// When it began.
    pub began_at: Timestamp,
    /// Whose it was.
    pub member_id: MemberId,
    /// The agent, if one answered.
    pub agent_id: Option<String>,
    /// The model.
    pub model: String,
    /// What the member paid.
    pub amount: Amount,
    /// What was used.
    pub usage: Usage,
}

/// Which runs are looked at: those that began from one instant until before another, in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant that does not count.
    pub until: Timestamp,
    /// What was paid in.
    pub currency: Currency,
}

/// The runs of a member, or of everybody in a workspace, that are over, the oldest first, at most `most` behind `after`.
///
/// # Errors
/// Those of reading.
pub async fn spent(
    db: &Db,
    workspace_id: WorkspaceId,
    member: Option<MemberId>,
    stretch: Stretch,
    after: Option<(Timestamp, RunId)>,
    most: u32,
) -> Result<Vec<Spent>, StoreError> {
    let of_member = "SELECT c.run_id, c.began_at, c.member_id, c.agent_id, c.model, c.amount, c.usage FROM charges c
         WHERE c.workspace_id = ?1 AND (c.began_at, c.run_id) > (?2, ?3) AND c.began_at < ?4 AND c.currency = ?5
         AND c.settled_at IS NOT NULL AND c.member_id = ?7 ORDER BY c.began_at, c.run_id LIMIT ?6";
    let of_all = "SELECT c.run_id, c.began_at, c.member_id, c.agent_id, c.model, c.amount, c.usage FROM charges c
         WHERE c.workspace_id = ?1 AND (c.began_at, c.run_id) > (?2, ?3) AND c.began_at < ?4 AND c.currency = ?5
         AND c.settled_at IS NOT NULL ORDER BY c.began_at, c.run_id LIMIT ?6";
    let Stretch { from, until, currency } = stretch;
    let (at, id) = after.map_or((from, String::new()), |(at, id)| (at, id.to_string()));
    let mut params = params![workspace_id, at, id, until, currency, most];
    params.extend(member.map(Value::from));
    let sql = if member.is_some() { of_member } else { of_all };
    let read = |row: &mut Row| {
        Ok(Spent {
            run_id: row.take()?,
            began_at: row.take()?,
            member_id: row.take()?,
            agent_id: row.take()?,
            model: row.take()?,
            amount: row.take()?,
            usage: row.take::<Json<_>>()?.0,
        })
    };
    db.rows(Query { sql, params }).await?.iter_mut().map(read).collect()
}
