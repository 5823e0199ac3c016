//! Sessions: signed-in browsers.

use db::{Db, Expect, Query, Row, StoreError, Write, params};
use stdx::{SessionId, Timestamp};

use crate::members::{self, Member};
use crate::{Scope, TokenHash};

/// Conflicts when the id or the token is taken; fails as an expectation when there is no such member.
pub const INSERT: &str = "session_insert";

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub scope: Scope,
    /// When they did.
    pub created_at: Timestamp,
    /// When the browser was last seen, as coarsely as `touch` is called.
    pub last_seen_at: Timestamp,
    /// When the session ends by itself.
    pub expires_at: Timestamp,
    /// What the browser calls itself.
    pub client: Option<String>,
}

macro_rules! columns {
    () => {
        "s.id, s.workspace_id, s.member_id, s.created_at, s.last_seen_at, s.expires_at, s.client"
    };
}

/// Keeps a new session under the hash of its token.
pub fn insert(session: &Session, token: TokenHash) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO sessions (id, workspace_id, member_id, created_at, last_seen_at, expires_at, client, token_hash)
              SELECT ?1, m.workspace_id, m.id, ?4, ?5, ?6, ?7, ?8 FROM members m WHERE m.workspace_id = ?2 AND m.id = ?3",
        params: params![
            session.id,
            session.scope.workspace_id,
            session.scope.member_id,
            session.created_at,
            session.last_seen_at,
            session.expires_at,
            session.client.as_deref(),
            token,
        ],
        expect: Expect::Changed(1),
    }
}

/// The session of a token and its member; nothing once it has expired, or while the member is suspended.
///
/// # Errors
/// Those of reading.
pub async fn by_token(
    db: &Db,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(Session, Member)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", ",
        members::columns!(),
        " FROM sessions s JOIN members m ON m.id = s.member_id AND m.workspace_id = s.workspace_id
          WHERE s.token_hash = ?1 AND s.expires_at > ?2 AND m.suspended_at IS NULL"
    );
    let Some(mut row) = db.glance_row(Query { sql, params: params![token, now] }).await? else {
        return Ok(None);
    };
    Ok(Some((read(&mut row)?, members::read(&mut row)?)))
}

/// Where a member is signed in, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, scope: Scope, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM sessions s WHERE s.member_id = ?1 AND s.workspace_id = ?2 AND s.expires_at > ?3
          ORDER BY s.created_at, s.id"
    );
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id, now] };
    db.rows(query).await?.iter_mut().map(read).collect()
}

/// Notes that the browser was seen. Finds nothing when the session is over.
pub fn touch(scope: Scope, id: SessionId, seen_at: Timestamp, expires_at: Timestamp) -> Write {
    Write {
        name: "session_touch",
        sql: "UPDATE sessions SET last_seen_at = ?4, expires_at = ?5
              WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id, seen_at, expires_at],
        expect: Expect::Any,
    }
}

/// Ends a session. Finds nothing when it is over.
pub fn delete(scope: Scope, id: SessionId) -> Write {
    Write {
        name: "session_delete",
        sql: "DELETE FROM sessions WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3",
        params: params![id, scope.workspace_id, scope.member_id],
        expect: Expect::Any,
    }
}

/// Ends all sessions of a member but `kept`, if one is to stay.
pub fn delete_others(scope: Scope, kept: Option<SessionId>) -> Write {
    Write {
        name: "session_delete_others",
        sql: "DELETE FROM sessions WHERE member_id = ?1 AND workspace_id = ?2 AND id <> ?3",
        params: params![
            scope.member_id,
            scope.workspace_id,
            kept.map_or_else(String::new, |id| id.to_string())
        ],
        expect: Expect::Any,
    }
}

/// Clears away the sessions of all workspaces that have expired.
pub fn delete_expired(now: Timestamp) -> Write {
    Write {
        name: "session_delete_expired",
        sql: "DELETE FROM sessions WHERE expires_at <= ?1",
        params: params![now],
        expect: Expect::Any,
    }
}

fn read(row: &mut Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.take()?,
        scope: Scope { workspace_id: row.take()?, member_id: row.take()? },
        created_at: row.take()?,
        last_seen_at: row.take()?,
        expires_at: row.take()?,
        client: row.take()?,
    })
}
