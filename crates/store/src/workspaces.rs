//! Workspaces: the tenants.

use db::{Db, Expect, Query, Row, StoreError, Word, Write, params};
use serde::{Deserialize, Serialize};
use stdx::{Timestamp, WorkspaceId};

/// Fails when there is a workspace already.
pub const FIRST: &str = "first_workspace";

/// Conflicts when the id is taken.
pub const INSERT: &str = "workspace_insert";

/// Fails when there is no such workspace.
pub const FOUND: &str = "workspace_found";

/// Who may become a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// Nobody; links that were handed out open nothing.
    Closed,
    /// Whoever has a link.
    #[default]
    Invite,
    /// Whoever has a link, and whoever asks and is let in.
    Open,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who may become a member.
    pub sign_up: SignUp,
}

/// The columns of a workspace, for a table named `w`.
macro_rules! columns {
    () => {
        "w.id, w.name, w.created_at, w.sign_up"
    };
}
pub(crate) use columns;

/// Makes the first workspace of an installation; fails as an expectation named [`FIRST`] when there is one.
pub fn insert_first(workspace: &Workspace) -> Write {
    Write {
        name: FIRST,
        sql: "INSERT INTO workspaces (id, name, created_at, sign_up)
              SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM workspaces)",
        params: params![workspace.id, &workspace.name, workspace.created_at, Word(workspace.sign_up)],
        expect: Expect::Changed(1),
    }
}

/// Makes a further workspace.
pub fn insert(workspace: &Workspace) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO workspaces (id, name, created_at, sign_up) VALUES (?1, ?2, ?3, ?4)",
        params: params![workspace.id, &workspace.name, workspace.created_at, Word(workspace.sign_up)],
        expect: Expect::Changed(1),
    }
}

/// Says who may become a member.
pub fn set_sign_up(id: WorkspaceId, sign_up: SignUp) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE workspaces SET sign_up = ?2 WHERE id = ?1",
        params: params![id, Word(sign_up)],
        expect: Expect::Changed(1),
    }
}

/// Makes batches that begin with this wait for each other, so that what the later one looks at is what the earlier one
/// left. (Engines with one writer do that anyway.)
pub fn lock(id: WorkspaceId) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE workspaces SET id = id WHERE id = ?1",
        params: params![id],
        expect: Expect::Changed(1),
    }
}

/// The oldest workspace: the only one of a personal installation.
///
/// # Errors
/// Those of reading.
pub async fn first(db: &Db) -> Result<Option<Workspace>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM workspaces w ORDER BY w.created_at, w.id LIMIT 1");
    db.row(Query { sql, params: params![] }).await?.as_mut().map(read).transpose()
}

/// A workspace.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM workspaces w WHERE w.id = ?1");
    db.row(Query { sql, params: params![id] }).await?.as_mut().map(read).transpose()
}

/// All workspaces, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn all(db: &Db) -> Result<Vec<Workspace>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM workspaces w ORDER BY w.created_at, w.id");
    db.rows(Query { sql, params: params![] }).await?.iter_mut().map(read).collect()
}

/// Reads [`columns`].
pub(crate) fn read(row: &mut Row) -> Result<Workspace, StoreError> {
    Ok(Workspace {
        id: row.take()?,
        name: row.take()?,
        created_at: row.take()?,
        sign_up: row.take::<Word<SignUp>>()?.0,
    })
}
