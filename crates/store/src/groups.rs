//! Groups: some members of a workspace under a name.

use db::{Db, Expect, Query, Row, StoreError, Write, params};
use stdx::{GroupId, MemberId, Timestamp, WorkspaceId};

use crate::Scope;

/// Conflicts when the id or the name is taken; fails as an expectation when there is no such workspace.
pub const INSERT: &str = "group_insert";
/// Fails when there is no such group in the workspace.
pub const FOUND: &str = "group_found";
/// Fails when the group or the member is not in the workspace.
pub const JOIN: &str = "group_join";

/// Some members of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Where it is.
    pub workspace_id: WorkspaceId,
    /// What people call it; nothing else in the workspace is called so.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Adds a group without members.
pub fn insert(group: &Group) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO groups (id, workspace_id, name, created_at) VALUES (?1, ?2, ?3, ?4)",
        params: params![group.id, group.workspace_id, &group.name, group.created_at],
        expect: Expect::Changed(1),
    }
}

/// Changes what a group is called. Conflicts when another one is called so.
pub fn set_name(workspace_id: WorkspaceId, id: GroupId, name: &str) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE groups SET name = ?3 WHERE id = ?1 AND workspace_id = ?2",
        params: params![id, workspace_id, name],
        expect: Expect::Changed(1),
    }
}

/// Takes a group away; its members stay in the workspace.
pub fn delete(workspace_id: WorkspaceId, id: GroupId) -> Write {
    Write {
        name: FOUND,
        sql: "DELETE FROM groups WHERE id = ?1 AND workspace_id = ?2",
        params: params![id, workspace_id],
        expect: Expect::Changed(1),
    }
}

/// Puts a member into a group; one who is in it already is no fault. Two writes: the first one checks that both are
/// there.
pub fn join(scope: Scope, id: GroupId) -> [Write; 2] {
    let params = params![id, scope.member_id, scope.workspace_id];
    [
        Write {
            name: JOIN,
            sql: "SELECT 1 FROM groups g JOIN members m ON m.workspace_id = g.workspace_id
                  WHERE g.id = ?1 AND m.id = ?2 AND g.workspace_id = ?3",
            params: params.clone(),
            expect: Expect::Changed(1),
        },
        Write {
            name: JOIN,
            sql: "INSERT INTO group_members (group_id, member_id, workspace_id) VALUES (?1, ?2, ?3)
                  ON CONFLICT (group_id, member_id) DO NOTHING",
            params,
            expect: Expect::Any,
        },
    ]
}

/// Puts a member into a group if it is still there: what an invitation says may have been taken away since.
pub fn join_if_there(scope: Scope, id: GroupId) -> Write {
    Write {
        name: "group_join_if_there",
        sql: "INSERT INTO group_members (group_id, member_id, workspace_id)
              SELECT g.id, m.id, g.workspace_id FROM groups g JOIN members m ON m.workspace_id = g.workspace_id
              WHERE g.id = ?1 AND m.id = ?2 AND g.workspace_id = ?3
              ON CONFLICT (group_id, member_id) DO NOTHING",
        params: params![id, scope.member_id, scope.workspace_id],
        expect: Expect::Any,
    }
}

/// Takes a member out of a group. Finds nothing when they are not in it.
pub fn leave(scope: Scope, id: GroupId) -> Write {
    Write {
        name: "group_leave",
        sql: "DELETE FROM group_members WHERE group_id = ?1 AND member_id = ?2 AND workspace_id = ?3",
        params: params![id, scope.member_id, scope.workspace_id],
        expect: Expect::Any,
    }
}

/// The groups of a workspace in the order of their names.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<Group>, StoreError> {
    let sql = "SELECT g.id, g.workspace_id, g.name, g.created_at FROM groups g WHERE g.workspace_id = ?1 ORDER BY g.name";
    db.rows(Query { sql, params: params![workspace_id] }).await?.iter_mut().map(read).collect()
}

/// Who is in which group of a workspace, group by group.
///
/// # Errors
/// Those of reading.
pub async fn memberships(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<(GroupId, MemberId)>, StoreError> {
    let sql = "SELECT j.group_id, j.member_id FROM group_members j WHERE j.workspace_id = ?1
               ORDER BY j.group_id, j.member_id";
    let rows = db.rows(Query { sql, params: params![workspace_id] }).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The groups a member is in.
///
/// # Errors
/// Those of reading.
pub async fn of_member(db: &Db, scope: Scope) -> Result<Vec<GroupId>, StoreError> {
    let sql = "SELECT j.group_id FROM group_members j WHERE j.member_id = ?1 AND j.workspace_id = ?2
               ORDER BY j.group_id";
    let rows = db.rows(Query { sql, params: params![scope.member_id, scope.workspace_id] }).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

fn read(row: &mut Row) -> Result<Group, StoreError> {
    Ok(Group { id: row.take()?, workspace_id: row.take()?, name: row.take()?, created_at: row.take()? })
}
