//! Layouts: how a member has arranged the windows. One document for each member, understood by the web client alone.

use db::{Db, Expect, Json, Query, StoreError, Write, params};
use stdx::Timestamp;

use crate::Scope;

/// Fails when there is no such member.
pub const PUT: &str = "layout_put";

/// Keeps a layout in the place of the one before.
pub fn put(scope: Scope, layout: &serde_json::Value, now: Timestamp) -> Write {
    Write {
        name: PUT,
        sql: "INSERT INTO layouts (member_id, workspace_id, layout, updated_at)
              SELECT m.id, m.workspace_id, ?3, ?4 FROM members m WHERE m.id = ?1 AND m.workspace_id = ?2
              ON CONFLICT (member_id) DO UPDATE SET layout = excluded.layout, updated_at = excluded.updated_at",
        params: params![scope.member_id, scope.workspace_id, Json(layout), now],
        expect: Expect::Changed(1),
    }
}

/// The layout a member left.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope) -> Result<Option<serde_json::Value>, StoreError> {
    let sql = "SELECT layout FROM layouts WHERE member_id = ?1 AND workspace_id = ?2";
    let Some(mut row) = db.row(Query { sql, params: params![scope.member_id, scope.workspace_id] }).await?
    else {
        return Ok(None);
    };
    Ok(Some(row.take::<Json<_>>()?.0))
}
