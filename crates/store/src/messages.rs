//! Messages: the entries of a thread's tree.

use db::{Cursor, Db, Expect, Json, Keyset, Page, Query, Row, StoreError, Word, Write, params};
use stdx::{MessageId, ThreadId};
use wire::{Message, Part, Role, Run};

use crate::{Scope, runs};

/// Conflicts when the id is taken; fails as an expectation when the member has no such thread.
pub const INSERT: &str = "message_insert";
/// Fails when the message has a parent that is not in its thread.
pub const PARENT: &str = "message_parent";
/// Fails when the member has no such message, or it is not what it was.
pub const UNCHANGED: &str = "message_unchanged";
/// Fails when the member has no such message.
pub const FOUND: &str = "message_found";

/// The columns of a message, for a table named `m`.
macro_rules! columns {
    () => {
        "m.id, m.thread_id, m.parent_id, m.role, m.parts, m.run_id, m.created_at"
    };
}

/// A page of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    /// The messages, the oldest first.
    pub items: Vec<Message>,
    /// The runs that write or wrote them, as they stood at the same moment; the oldest first.
    pub runs: Vec<Run>,
    /// Where the messages before these begin.
    pub next: Option<Cursor>,
}

/// Adds a message to a thread of this member. A parent must be in the thread already, or earlier in the batch.
pub fn insert(scope: Scope, message: &Message) -> Vec<Write> {
    let parent = message.parent_id.map(|parent_id| Write {
        name: PARENT,
        sql: "SELECT 1 FROM messages WHERE id = ?1 AND thread_id = ?2",
        params: params![parent_id, message.thread_id],
        expect: Expect::Changed(1),
    });
    let row = Write {
        name: INSERT,
        sql: "INSERT INTO messages (id, workspace_id, thread_id, parent_id, role, parts, run_id, created_at)
              SELECT ?1, t.workspace_id, t.id, ?5, ?6, ?7, ?8, ?9 FROM threads t
              WHERE t.workspace_id = ?2 AND t.member_id = ?3 AND t.id = ?4",
        params: params![
            message.id,
            scope.workspace_id,
            scope.member_id,
            message.thread_id,
            message.parent_id,
            Word(message.role),
            Json(&message.parts),
            message.run_id,
            message.created_at,
        ],
        expect: Expect::Changed(1),
    };
    parent.into_iter().chain([row]).collect()
}

/// Replaces the content of a message.
pub fn set_parts(scope: Scope, id: MessageId, parts: &[Part]) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE messages SET parts = ?4 WHERE id = ?1 AND workspace_id = ?2
              AND thread_id IN (SELECT t.id FROM threads t WHERE t.id = messages.thread_id AND t.member_id = ?3)",
        params: params![id, scope.workspace_id, scope.member_id, Json(&parts)],
        expect: Expect::Changed(1),
    }
}

/// Replaces the content of a message that nobody else replaced meanwhile.
pub fn replace_parts(scope: Scope, id: MessageId, old: &[Part], new: &[Part]) -> Write {
    Write {
        name: UNCHANGED,
        sql: "UPDATE messages SET parts = ?5 WHERE id = ?1 AND workspace_id = ?2 AND parts = ?4
              AND thread_id IN (SELECT t.id FROM threads t WHERE t.id = messages.thread_id AND t.member_id = ?3)",
        params: params![id, scope.workspace_id, scope.member_id, Json(&old), Json(&new)],
        expect: Expect::Changed(1),
    }
}

/// A message of this member.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope, id: MessageId) -> Result<Option<Message>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM messages m JOIN threads t ON t.id = m.thread_id
          WHERE m.id = ?1 AND m.workspace_id = ?2 AND t.member_id = ?3"
    );
    let query = Query { sql, params: params![id, scope.workspace_id, scope.member_id] };
    db.row(query).await?.as_mut().map(read).transpose()
}

/// The newest messages of a thread before a place in it, with their runs. Empty when the member has no such thread.
///
/// # Errors
/// Those of reading.
pub async fn page(
    db: &Db,
    scope: Scope,
    thread_id: ThreadId,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<MessagePage, StoreError> {
    macro_rules! page_of {
        ($columns:expr) => {
            concat!(
                "SELECT ",
                $columns,
                " FROM messages m WHERE m.thread_id = ?3 AND m.workspace_id = ?1
                  AND EXISTS (SELECT 1 FROM threads t WHERE t.id = ?3 AND t.workspace_id = ?1 AND t.member_id = ?2)
                  AND (m.created_at, m.id) < (?4, ?5)
                  ORDER BY m.created_at DESC, m.id DESC LIMIT ?6"
            )
        };
    }
    let keyset = Keyset::new(before, limit);
    let params = params![
        scope.workspace_id,
        scope.member_id,
        thread_id,
        keyset.before.clone(),
        keyset.before_id.clone(),
        keyset.limit.clone(),
    ];
    let messages = Query { sql: page_of!(columns!()), params: params.clone() };
    let runs = Query {
        sql: concat!(
            "SELECT ",
            runs::columns!(),
            runs::tables!(),
            "WHERE r.id IN (SELECT p.run_id FROM (",
            page_of!("m.run_id"),
            ") p) ORDER BY r.created_at, r.id"
        ),
        params,
    };
    let mut answers = db.snapshot(vec![messages, runs]).await?.into_iter();
    let rows = answers.next().unwrap_or_default();
    let page = keyset.page(rows, |mut row| read(&mut row), |message| (message.created_at, message.id))?;
    let Page { mut items, next } = page;
    items.reverse();
    let runs: Result<Vec<Run>, StoreError> =
        answers.next().unwrap_or_default().iter_mut().map(runs::read).collect();
    // The query for the runs sees one message too many: the one that tells whether there is another page.
    let mut runs = runs?;
    runs.retain(|run| items.iter().any(|message| message.run_id == Some(run.id)));
    Ok(MessagePage { items, runs, next })
}

/// The way from the root to a message, at most the last `limit` messages of it, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn path(
    db: &Db,
    scope: Scope,
    thread_id: ThreadId,
    id: MessageId,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let sql = concat!(
        "WITH RECURSIVE path (id, parent_id, depth) AS (
           SELECT m.id, m.parent_id, CAST(1 AS BIGINT) FROM messages m
           JOIN threads t ON t.id = m.thread_id
           WHERE m.id = ?4 AND m.thread_id = ?3 AND t.workspace_id = ?1 AND t.member_id = ?2
           UNION ALL
           SELECT m.id, m.parent_id, path.depth + 1 FROM path
           JOIN messages m ON m.id = path.parent_id AND m.thread_id = ?3
           WHERE path.depth < ?5
         )
         SELECT ",
        columns!(),
        " FROM path JOIN messages m ON m.id = path.id ORDER BY path.depth DESC"
    );
    let params = params![scope.workspace_id, scope.member_id, thread_id, id, limit.max(1)];
    db.rows(Query { sql, params }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.take()?,
        thread_id: row.take()?,
        parent_id: row.take()?,
        role: row.take::<Word<Role>>()?.0,
        parts: row.take::<Json<Vec<Part>>>()?.0,
        run_id: row.take()?,
        created_at: row.take()?,
    })
}
