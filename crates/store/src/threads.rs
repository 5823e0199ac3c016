//! Threads: conversations of a member with an agent.

use db::{Cursor, Db, Expect, Keyset, Page, Query, Row, StoreError, Value, Write, params};
use std::collections::HashMap;

use stdx::{MemberId, MessageId, RunId, ThreadId, Timestamp, WorkspaceId};

use crate::Scope;

/// Conflicts when the id is taken; fails as an expectation when there is no such member.
pub const INSERT: &str = "thread_insert";
/// Fails when the member has no such thread.
pub const FOUND: &str = "thread_found";
/// Fails when the member has no such thread, or the message is not in it.
pub const LEAF: &str = "thread_leaf";

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Made by the client.
    pub id: ThreadId,
    /// Where it is.
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub member_id: MemberId,
    /// Who answers.
    pub agent_id: String,
    /// What it is called, once it has a name.
    pub title: Option<String>,
    /// The tip of the branch on show.
    pub leaf_id: Option<MessageId>,
    /// The newest run that is not final. Computed: writing a thread ignores it.
    pub active_run_id: Option<RunId>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When something last happened in it.
    pub updated_at: Timestamp,
}

/// The columns of a thread, for a table named `t`. Whose it is was asked for, so it is not read again.
macro_rules! columns {
    () => {
        "t.id, t.agent_id, t.title, t.leaf_id, t.created_at, t.updated_at"
    };
}

/// A member's live runs, the oldest first. There are few; asking once is cheaper than once for each thread.
const LIVE_RUNS: &str = "SELECT r.thread_id, r.id FROM runs r
    WHERE r.member_id = ?1 AND r.workspace_id = ?2 AND r.finished_at IS NULL ORDER BY r.created_at, r.id";

/// Begins a thread.
pub fn insert(thread: &Thread) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO threads (id, workspace_id, member_id, agent_id, title, leaf_id, created_at, updated_at)
              SELECT ?1, m.workspace_id, m.id, ?4, ?5, ?6, ?7, ?8 FROM members m
              WHERE m.workspace_id = ?2 AND m.id = ?3",
        params: params![
            thread.id,
            thread.workspace_id,
            thread.member_id,
            &thread.agent_id,
            thread.title.as_deref(),
            thread.leaf_id,
            thread.created_at,
            thread.updated_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// A thread of this member.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope, id: ThreadId) -> Result<Option<Thread>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM threads t WHERE t.id = ?3 AND t.member_id = ?1 AND t.workspace_id = ?2"
    );
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id, id] };
    let (rows, active) = with_active_runs(db, scope, query).await?;
    rows.into_iter().next().map(|row| read(row, scope, &active)).transpose()
}

/// A page of this member's threads, the one where something happened last first.
///
/// # Errors
/// Those of reading.
pub async fn page(
    db: &Db,
    scope: Scope,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Thread>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM threads t WHERE t.member_id = ?1 AND t.workspace_id = ?2 AND (t.updated_at, t.id) < (?3, ?4)
          ORDER BY t.updated_at DESC, t.id DESC LIMIT ?5"
    );
    let keyset = Keyset::new(before, limit);
    let params = keyset_params(scope, &keyset);
    page_of(db, scope, &keyset, Query { sql, params }).await
}

/// As [`page`], of one agent.
///
/// # Errors
/// Those of reading.
pub async fn page_of_agent(
    db: &Db,
    scope: Scope,
    agent_id: &str,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Thread>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM threads t WHERE t.member_id = ?1 AND t.workspace_id = ?2 AND t.agent_id = ?6
          AND (t.updated_at, t.id) < (?3, ?4)
          ORDER BY t.updated_at DESC, t.id DESC LIMIT ?5"
    );
    let keyset = Keyset::new(before, limit);
    let mut params = keyset_params(scope, &keyset);
    params.push(agent_id.into());
    page_of(db, scope, &keyset, Query { sql, params }).await
}

/// Gives a thread a name. Its place in the list stays.
pub fn set_title(scope: Scope, id: ThreadId, title: &str) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE threads SET title = ?4 WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id, title],
        expect: Expect::Changed(1),
    }
}

/// Gives a thread a name unless it has one.
pub fn set_title_if_none(scope: Scope, id: ThreadId, title: &str) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE threads SET title = COALESCE(title, ?4)
              WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id, title],
        expect: Expect::Changed(1),
    }
}

/// Shows another branch. The message must be in the thread; its place in the list stays.
pub fn set_leaf(scope: Scope, id: ThreadId, leaf_id: MessageId) -> Write {
    Write {
        name: LEAF,
        sql: "UPDATE threads SET leaf_id = ?4 WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3
              AND EXISTS (SELECT 1 FROM messages m WHERE m.id = ?4 AND m.thread_id = ?1)",
        params: params![id, scope.workspace_id, scope.member_id, leaf_id],
        expect: Expect::Changed(1),
    }
}

/// Notes that something happened: the thread moves to the front of the list.
pub fn touch(scope: Scope, id: ThreadId, now: Timestamp) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE threads SET updated_at = ?4 WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id, now],
        expect: Expect::Changed(1),
    }
}

/// Removes a thread with its messages, runs and events.
pub fn delete(scope: Scope, id: ThreadId) -> Write {
    Write {
        name: FOUND,
        sql: "DELETE FROM threads WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id],
        expect: Expect::Changed(1),
    }
}

fn keyset_params(scope: Scope, keyset: &Keyset) -> Vec<Value> {
    params![
        scope.member_id,
        scope.workspace_id,
        keyset.before.clone(),
        keyset.before_id.clone(),
        keyset.limit.clone(),
    ]
}

async fn page_of(db: &Db, scope: Scope, keyset: &Keyset, query: Query) -> Result<Page<Thread>, StoreError> {
    let (rows, active) = with_active_runs(db, scope, query).await?;
    keyset.page(rows, |row| read(row, scope, &active), |thread| (thread.updated_at, thread.id))
}

/// The rows of a query, and at the same moment the newest live run of each thread.
async fn with_active_runs(
    db: &Db,
    scope: Scope,
    query: Query,
) -> Result<(Vec<Row>, HashMap<ThreadId, RunId>), StoreError> {
    let live = Query { sql: LIVE_RUNS, params: params![scope.member_id, scope.workspace_id] };
    let mut answers = db.snapshot(vec![query, live]).await?.into_iter();
    let rows = answers.next().unwrap_or_default();
    let live = answers.next().unwrap_or_default().into_iter();
    let active = live.map(|mut row| Ok((row.take()?, row.take()?))).collect::<Result<_, StoreError>>()?;
    Ok((rows, active))
}

fn read(mut row: Row, scope: Scope, active: &HashMap<ThreadId, RunId>) -> Result<Thread, StoreError> {
    let id = row.take()?;
    Ok(Thread {
        id,
        workspace_id: scope.workspace_id,
        member_id: scope.member_id,
        agent_id: row.take()?,
        title: row.take()?,
        leaf_id: row.take()?,
        active_run_id: active.get(&id).copied(),
        created_at: row.take()?,
        updated_at: row.take()?,
    })
}
