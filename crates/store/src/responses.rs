//! Responses: answers that programs can come back to, in the words of the face that gave them. Each may go on from another
//! one.

use db::{Db, Expect, Query, Row, StoreError, Write, params};
use stdx::{ResponseId, Timestamp};

use crate::Scope;

/// Conflicts when the id is taken.
pub const INSERT: &str = "response_insert";
/// Fails when the member has no such answer that is being written.
pub const OPEN: &str = "response_open";
/// Fails when the member has no such answer.
pub const FOUND: &str = "response_found";

/// An answer that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its id.
    pub id: ResponseId,
    /// The answer that it goes on from.
    pub previous_id: Option<ResponseId>,
    /// The request.
    pub asked: String,
    /// The document, as it is now.
    pub told: String,
    /// False while it is being written.
    pub is_over: bool,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is deleted.
    pub expires_at: Timestamp,
}

macro_rules! columns {
    () => {
        "r.id, r.previous_id, r.asked, r.told, r.is_over, r.created_at, r.expires_at"
    };
}

/// Keeps an answer.
pub fn insert(scope: Scope, response: &Response) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO responses (id, workspace_id, member_id, previous_id, asked, told, is_over, created_at, expires_at)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params: params![
            response.id,
            scope.workspace_id,
            scope.member_id,
            response.previous_id,
            &response.asked,
            &response.told,
            response.is_over,
            response.created_at,
            response.expires_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Ends an answer that was being written: this is what it came to.
pub fn end(scope: Scope, id: ResponseId, told: &str) -> Write {
    Write {
        name: OPEN,
        sql: "UPDATE responses SET told = ?4, is_over = 1
              WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND is_over = 0",
        params: params![id, scope.workspace_id, scope.member_id, told],
        expect: Expect::Changed(1),
    }
}

/// Deletes an answer.
pub fn delete(scope: Scope, id: ResponseId) -> Write {
    Write {
        name: FOUND,
        sql: "DELETE FROM responses WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id],
        expect: Expect::Changed(1),
    }
}

/// Deletes what is past its time, the oldest first, no more than this many.
pub fn expire(now: Timestamp, most: u32) -> Write {
    Write {
        name: "response_expire",
        sql: "DELETE FROM responses WHERE id IN (
                SELECT r.id FROM responses r WHERE r.expires_at <= ?1 ORDER BY r.expires_at LIMIT ?2)",
        params: params![now, most],
        expect: Expect::Any,
    }
}

/// A member's answer.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope, id: ResponseId) -> Result<Option<Response>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM responses r WHERE r.id = ?1 AND r.workspace_id = ?2 AND r.member_id = ?3"
    );
    let params = params![id, scope.workspace_id, scope.member_id];
    db.row(Query { sql, params }).await?.as_mut().map(read).transpose()
}

/// A member's answer with those that it goes on from, the first one at the front; no more than `limit`, counted from the
/// last.
///
/// # Errors
/// Those of reading.
pub async fn chain(db: &Db, scope: Scope, id: ResponseId, limit: u32) -> Result<Vec<Response>, StoreError> {
    let sql = concat!(
        "WITH RECURSIVE path (id, previous_id, depth) AS (
           SELECT r.id, r.previous_id, CAST(1 AS BIGINT) FROM responses r
           WHERE r.id = ?1 AND r.workspace_id = ?2 AND r.member_id = ?3
           UNION ALL
           SELECT r.id, r.previous_id, path.depth + 1 FROM path
           JOIN responses r ON r.id = path.previous_id AND r.workspace_id = ?2 AND r.member_id = ?3
           WHERE path.depth < ?4
         )
         SELECT ",
        columns!(),
        " FROM path JOIN responses r ON r.id = path.id ORDER BY path.depth DESC"
    );
    let params = params![id, scope.workspace_id, scope.member_id, limit.max(1)];
    db.rows(Query { sql, params }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<Response, StoreError> {
    Ok(Response {
        id: row.take()?,
        previous_id: row.take()?,
        asked: row.take()?,
        told: row.take()?,
        is_over: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
    })
}
