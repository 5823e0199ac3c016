//! Routes: how models were chosen, and what that saved; and shadows: what a watched policy would have chosen.

pub use ::ledger::{Saved, Shadow, Shadows};
use db::{Db, Expect, Json, Query, Row, StoreError, Write, params};
use money::{Amount, Currency};
use stdx::{RunId, Timestamp, WorkspaceId};
use wire::{Route, RouteEnding};

use crate::Scope;
use crate::charges::Charge;

/// Conflicts when the run has a route already.
pub const INSERT: &str = "route_insert";

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

/// Keeps what would have become of something that was paid so, unless it is there.
pub fn insert_shadow(charge: &Charge, shadow: &Shadow) -> Write {
    let Shadow { watched, asked, model, choice, cost, would_cost } = shadow;
    let (id, home, at, unit) = (charge.run_id, charge.scope.workspace_id, charge.began_at, charge.currency);
    let (choice, c, w) = (choice.as_deref(), *cost, *would_cost);
    let s = c.zip(w).and_then(|(cost, would)| cost.checked_sub(would));
    Write {
        name: "shadow",
        sql: "INSERT INTO shadows (run_id, workspace_id, decided_at, watched, asked, model, choice, currency, cost,
                would_cost, would_save)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (run_id) DO NOTHING",
        params: params![id, home, at, watched, asked, model, choice, unit, c, w, s],
        expect: Expect::Any,
    }
}

/// Deletes some of the oldest that were decided before an instant.
pub fn prune_shadows(workspace_id: WorkspaceId, before: Timestamp, most: u32) -> Write {
    Write {
        name: "shadows_pruned",
        sql: "DELETE FROM shadows WHERE run_id IN (SELECT s.run_id FROM shadows s
                WHERE s.workspace_id = ?1 AND s.decided_at < ?2 ORDER BY s.decided_at, s.run_id LIMIT ?3)",
        params: params![workspace_id, before, most],
        expect: Expect::Any,
    }
}

/// What was decided in a workspace from one instant until before another, by policy and by day where clocks are so far ahead
/// of UTC, in a currency.
///
/// # Errors
/// Those of reading.
pub async fn shadows_by_day(
    db: &Db,
    workspace_id: WorkspaceId,
    (from, until): (Timestamp, Timestamp),
    offset_minutes: i32,
    currency: Currency,
) -> Result<Vec<Shadows>, StoreError> {
    let sql = "SELECT s.watched, MIN(s.decided_at), COUNT(*),
                 COUNT(CASE WHEN s.choice <> s.model THEN 1 END), COUNT(CASE WHEN s.choice IS NULL THEN 1 END),
                 COUNT(s.would_save),
                 CAST(COALESCE(SUM(CASE WHEN s.would_save IS NULL THEN 0 ELSE s.cost END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(CASE WHEN s.would_save IS NULL THEN 0 ELSE s.would_cost END), 0) AS BIGINT)
               FROM shadows s
               WHERE s.workspace_id = ?1 AND s.decided_at >= ?2 AND s.decided_at < ?3 AND s.currency = ?4
               GROUP BY s.watched, (s.decided_at + ?5) / 86400000000 ORDER BY 1, 2";
    let ahead = i64::from(offset_minutes).saturating_mul(60_000_000);
    let query = Query { sql, params: params![workspace_id, from, until, currency, ahead] };
    let read = |row: &mut Row| {
        let (watched, at, answers, elsewhere) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let (nobody, known, cost, would_cost) = (row.take()?, row.take()?, row.take()?, row.take()?);
        Ok(Shadows { watched, at, answers, elsewhere, nobody, known, cost, would_cost })
    };
    db.rows(query).await?.iter_mut().map(read).collect()
}
