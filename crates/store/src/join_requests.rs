//! Join requests: people who ask to be let in where sign-up is open.

use db::{Db, Expect, Json, Query, Row, StoreError, Word, Write, params};
use stdx::{JoinRequestId, Secret, Timestamp, WorkspaceId};

use crate::members::{Member, login_key};

/// Fails when there is no such request in the workspace.
pub const FOUND: &str = "join_request_found";

/// The most requests that wait in a workspace: anybody may send one.
pub const MOST: u32 = 200;

/// Somebody who asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    /// Its id; that of the member is another one.
    pub id: JoinRequestId,
    /// Where they want to be.
    pub workspace_id: WorkspaceId,
    /// What they want to sign in with.
    pub login: String,
    /// What they are called.
    pub name: String,
    /// The language they read.
    pub locale: String,
    /// What they say about themselves.
    pub note: String,
    /// When they asked.
    pub created_at: Timestamp,
}

/// Keeps a request. Finds nothing to keep, and does not say so, when the login is taken or asked for, too many wait, or
/// sign-up is not open: whoever asks learns nothing about who is there.
pub fn insert(request: &JoinRequest, password_hash: &Secret<String>) -> Write {
    Write {
        name: "join_request_insert",
        sql: "INSERT INTO join_requests (id, workspace_id, login, login_key, name, locale, note, created_at, password_hash)
              SELECT ?1, w.id, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM workspaces w
              WHERE w.id = ?2 AND w.sign_up = 'open'
              AND NOT EXISTS (SELECT 1 FROM members m WHERE m.workspace_id = w.id AND m.login_key = ?4)
              AND (SELECT COUNT(*) FROM join_requests j WHERE j.workspace_id = w.id) < ?10
              ON CONFLICT (workspace_id, login_key) DO NOTHING",
        params: params![
            request.id,
            request.workspace_id,
            &request.login,
            login_key(&request.login),
            &request.name,
            &request.locale,
            &request.note,
            request.created_at,
            password_hash.expose(),
            MOST,
        ],
        expect: Expect::Any,
    }
}

/// Makes a member of a request, which has to be taken away after. Conflicts when the login is taken meanwhile; fails as an
/// expectation named [`FOUND`] when there is no such request. What the member has of the request is taken from it.
pub fn admit(id: JoinRequestId, member: &Member) -> Write {
    Write {
        name: FOUND,
        sql: "INSERT INTO members (id, workspace_id, login, name, locale, login_key, password_hash, role, agents, kind,
                                   created_at)
              SELECT ?3, j.workspace_id, j.login, j.name, j.locale, j.login_key, j.password_hash, ?4, ?5, ?6, ?7
              FROM join_requests j WHERE j.id = ?1 AND j.workspace_id = ?2",
        params: params![
            id,
            member.workspace_id,
            member.id,
            Word(member.role),
            member.agents.as_ref().map(Json),
            Word(member.kind),
            member.created_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Takes a request away.
pub fn delete(workspace_id: WorkspaceId, id: JoinRequestId) -> Write {
    Write {
        name: FOUND,
        sql: "DELETE FROM join_requests WHERE id = ?1 AND workspace_id = ?2",
        params: params![id, workspace_id],
        expect: Expect::Changed(1),
    }
}

/// A request.
///
/// # Errors
/// Those of reading.
pub async fn get(
    db: &Db,
    workspace_id: WorkspaceId,
    id: JoinRequestId,
) -> Result<Option<JoinRequest>, StoreError> {
    let sql =
        "SELECT j.id, j.workspace_id, j.login, j.name, j.locale, j.note, j.created_at FROM join_requests j
               WHERE j.id = ?1 AND j.workspace_id = ?2";
    db.row(Query { sql, params: params![id, workspace_id] }).await?.as_mut().map(read).transpose()
}

/// Who waits to be let in, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<JoinRequest>, StoreError> {
    let sql =
        "SELECT j.id, j.workspace_id, j.login, j.name, j.locale, j.note, j.created_at FROM join_requests j
               WHERE j.workspace_id = ?1 ORDER BY j.created_at, j.id";
    db.rows(Query { sql, params: params![workspace_id] }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<JoinRequest, StoreError> {
    Ok(JoinRequest {
        id: row.take()?,
        workspace_id: row.take()?,
        login: row.take()?,
        name: row.take()?,
        locale: row.take()?,
        note: row.take()?,
        created_at: row.take()?,
    })
}
