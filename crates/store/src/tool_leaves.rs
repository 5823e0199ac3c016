//! Tools that a member allowed for the whole of a thread.

use std::collections::BTreeSet;

use db::{Db, Expect, Query, Row, StoreError, Write, params};
use stdx::{ThreadId, Timestamp};

use crate::Scope;

/// Fails when the member has no such thread.
pub const THREAD: &str = "tool_leave_thread";

/// Allows a tool in a thread of this member; again changes nothing.
pub fn give(scope: Scope, thread_id: ThreadId, tool: &str, at: Timestamp) -> Write {
    Write {
        name: THREAD,
        sql: "INSERT INTO tool_leaves (thread_id, tool, given_at)
              SELECT t.id, ?4, ?5 FROM threads t WHERE t.id = ?3 AND t.workspace_id = ?1 AND t.member_id = ?2
              ON CONFLICT (thread_id, tool) DO UPDATE SET given_at = tool_leaves.given_at",
        params: params![scope.workspace_id, scope.member_id, thread_id, tool, at],
        expect: Expect::Changed(1),
    }
}

/// What is allowed in a thread of this member.
///
/// # Errors
/// Those of reading.
pub async fn of_thread(db: &Db, scope: Scope, thread_id: ThreadId) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT l.tool FROM tool_leaves l JOIN threads t ON t.id = l.thread_id
               WHERE t.id = ?3 AND t.workspace_id = ?1 AND t.member_id = ?2";
    let query = Query { sql, params: params![scope.workspace_id, scope.member_id, thread_id] };
    db.rows(query).await?.iter_mut().map(Row::take).collect()
}
