//! Routes: how models were chosen, and what that saved.

use money::{Amount, Currency};
use stdx::{RunId, Timestamp, WorkspaceId};
use wire::{Route, RouteEnding};

use crate::batch::{Expect, Write};
use crate::db::Query;
use crate::value::{Json, Row, params};
use crate::{Db, Scope, StoreError};

/// Conflicts when the run has a route already.
pub const INSERT: &str = "route_insert";

/// What the routes of a policy came to where one model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The policy.
    pub policy: String,
    /// Who answered.
    pub model: String,
    /// How many answers.
    pub answers: u64,
    /// Those of them of which it is known what they saved: the sums are theirs.
    pub known: u64,
    /// What was really used.
    pub cost: Amount,
    /// What it would have cost at the reference.
    pub reference: Amount,
    /// The difference; below zero it cost more.
    pub saved: Amount,
}

/// Keeps how a run's model was chosen.
pub fn insert(scope: Scope, run_id: RunId, decided_at: Timestamp, route: &Route) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO routes (run_id, workspace_id, member_id, decided_at, policy, currency, route)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params: params![
            run_id,
            scope.workspace_id,
            scope.member_id,
            decided_at,
            &route.policy,
            &route.currency,
            Json(route),
        ],
        expect: Expect::Changed(1),
    }
}

/// Says what came of a route; it happens once. `answered_by` is absent where nobody did.
pub fn end(scope: Scope, run_id: RunId, ending: &RouteEnding, answered_by: Option<&str>) -> Write {
    Write {
        name: "route_end",
        sql: "UPDATE routes SET ending = ?4, model = ?5, cost = ?6, reference = ?7, saved = ?8
              WHERE run_id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND ending IS NULL",
        params: params![
            run_id,
            scope.workspace_id,
            scope.member_id,
            Json(ending),
            answered_by,
            ending.cost_micros.map(Amount::from_micros),
            ending.reference_micros.map(Amount::from_micros),
            ending.saved_micros.map(Amount::from_micros),
        ],
        expect: Expect::Any,
    }
}

/// What the routes of a workspace came to that were decided from one instant until before another, in a currency.
///
/// # Errors
/// Those of reading.
pub async fn saved(
    db: &Db,
    workspace_id: WorkspaceId,
    from: Timestamp,
    until: Timestamp,
    currency: Currency,
) -> Result<Vec<Saved>, StoreError> {
    let sql = "SELECT o.policy, o.model, COUNT(*), COUNT(o.saved),
                 CAST(COALESCE(SUM(CASE WHEN o.saved IS NULL THEN 0 ELSE o.cost END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(CASE WHEN o.saved IS NULL THEN 0 ELSE o.reference END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(o.saved), 0) AS BIGINT)
               FROM routes o
               WHERE o.workspace_id = ?1 AND o.decided_at >= ?2 AND o.decided_at < ?3 AND o.currency = ?4
                 AND o.model IS NOT NULL
               GROUP BY o.policy, o.model ORDER BY o.policy, o.model";
    let query = Query { sql, params: params![workspace_id, from, until, currency] };
    let read = |row: &mut Row| {
        Ok(Saved {
            policy: row.take()?,
            model: row.take()?,
            answers: row.take()?,
            known: row.take()?,
            cost: row.take()?,
            reference: row.take()?,
            saved: row.take()?,
        })
    };
    db.rows(query).await?.iter_mut().map(read).collect()
}
