//! Sessions: signed-in browsers.

use stdx::{SessionId, Timestamp};

use crate::batch::{Expect, Write};
use crate::db::Query;
use crate::members::{self, Member};
use crate::value::params;
use crate::{Db, Scope, StoreError, TokenHash};

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
}

/// Keeps a new session under the hash of its token.
pub fn insert(session: &Session, token: TokenHash) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO sessions (id, workspace_id, member_id, created_at, last_seen_at, expires_at, token_hash)
              SELECT ?1, m.workspace_id, m.id, ?4, ?5, ?6, ?7 FROM members m WHERE m.workspace_id = ?2 AND m.id = ?3",
        params: params![
            session.id,
            session.scope.workspace_id,
            session.scope.member_id,
            session.created_at,
            session.last_seen_at,
            session.expires_at,
            token,
        ],
        expect: Expect::Changed(1),
    }
}

/// The session of a token and its member; nothing once it has expired.
///
/// # Errors
/// Those of reading.
pub async fn by_token(
    db: &Db,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(Session, Member)>, StoreError> {
    let sql = concat!(
        "SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, ",
        members::columns!(),
        " FROM sessions s JOIN members m ON m.id = s.member_id AND m.workspace_id = s.workspace_id
          WHERE s.token_hash = ?1 AND s.expires_at > ?2"
    );
    let Some(mut row) = db.row(Query { sql, params: params![token, now] }).await? else {
        return Ok(None);
    };
    let (id, created_at, last_seen_at, expires_at) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let member = members::read(&mut row)?;
    let session = Session { id, scope: member.scope(), created_at, last_seen_at, expires_at };
    Ok(Some((session, member)))
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

/// Clears away the sessions of all workspaces that have expired.
pub fn delete_expired(now: Timestamp) -> Write {
    Write {
        name: "session_delete_expired",
        sql: "DELETE FROM sessions WHERE expires_at <= ?1",
        params: params![now],
        expect: Expect::Any,
    }
}
