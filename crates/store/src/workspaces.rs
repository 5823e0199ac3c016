//! Workspaces: the tenants.

use stdx::{Timestamp, WorkspaceId};

use crate::batch::{Expect, Write};
use crate::db::Query;
use crate::value::{Row, params};
use crate::{Db, StoreError};

/// Fails when there is a workspace already.
pub const FIRST: &str = "first_workspace";

/// Conflicts when the id is taken.
pub const INSERT: &str = "workspace_insert";

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes the first workspace of an installation; fails as an expectation named [`FIRST`] when there is one.
pub fn insert_first(workspace: &Workspace) -> Write {
    Write {
        name: FIRST,
        sql: "INSERT INTO workspaces (id, name, created_at)
              SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM workspaces)",
        params: params![workspace.id, &workspace.name, workspace.created_at],
        expect: Expect::Changed(1),
    }
}

/// Makes a further workspace.
pub fn insert(workspace: &Workspace) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO workspaces (id, name, created_at) VALUES (?1, ?2, ?3)",
        params: params![workspace.id, &workspace.name, workspace.created_at],
        expect: Expect::Changed(1),
    }
}

/// The oldest workspace: the only one of a personal installation.
///
/// # Errors
/// Those of reading.
pub async fn first(db: &Db) -> Result<Option<Workspace>, StoreError> {
    let sql = "SELECT id, name, created_at FROM workspaces ORDER BY created_at, id LIMIT 1";
    db.row(Query { sql, params: params![] }).await?.as_mut().map(read).transpose()
}

/// A workspace.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
    let sql = "SELECT id, name, created_at FROM workspaces WHERE id = ?1";
    db.row(Query { sql, params: params![id] }).await?.as_mut().map(read).transpose()
}

/// All workspaces, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn all(db: &Db) -> Result<Vec<Workspace>, StoreError> {
    let sql = "SELECT id, name, created_at FROM workspaces ORDER BY created_at, id";
    db.rows(Query { sql, params: params![] }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<Workspace, StoreError> {
    Ok(Workspace { id: row.take()?, name: row.take()?, created_at: row.take()? })
}
