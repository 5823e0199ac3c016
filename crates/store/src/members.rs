//! Members: the people and service accounts of a workspace.

use db::{Db, Expect, Json, Query, Row, StoreError, Word, Write, params};
use stdx::{Secret, Timestamp, WorkspaceId};

use crate::Scope;

pub use people::{Member, MemberKind, MemberRole};

use crate::workspaces::{self, Workspace};

/// A member and the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The person or service account.
    pub member: Member,
    /// The tenant.
    pub workspace: Workspace,
}

/// Conflicts when the login is taken; fails as an expectation when there is no such workspace.
pub const INSERT: &str = "member_insert";
/// Fails when there is no such member in the workspace.
pub const FOUND: &str = "member_found";
/// Fails when a workspace would be left without an owner.
pub const ANOTHER_OWNER: &str = "another_owner";

/// The columns of a member, for a table named `m`.
macro_rules! columns {
    () => {
        "m.id, m.workspace_id, m.login, m.name, m.role, m.locale, m.created_at, m.kind, m.suspended_at, m.agents"
    };
}
pub(crate) use columns;

/// Adds a member. Logins are unique in a workspace, whatever their case.
pub fn insert(member: &Member, password_hash: &Secret<String>) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO members (id, workspace_id, login, name, role, locale, created_at, kind, suspended_at, agents,
                                   login_key, password_hash)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params: params![
            member.id,
            member.workspace_id,
            &member.login,
            &member.name,
            Word(member.role),
            &member.locale,
            member.created_at,
            Word(member.kind),
            member.suspended_at,
            member.agents.as_ref().map(Json),
            login_key(&member.login),
            password_hash.expose(),
        ],
        expect: Expect::Changed(1),
    }
}

/// Changes what a member is called.
pub fn set_name(scope: Scope, name: &str) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE members SET name = ?3 WHERE id = ?1 AND workspace_id = ?2",
        params: params![scope.member_id, scope.workspace_id, name],
        expect: Expect::Changed(1),
    }
}

/// Changes the language a member reads.
pub fn set_locale(scope: Scope, locale: &str) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE members SET locale = ?3 WHERE id = ?1 AND workspace_id = ?2",
        params: params![scope.member_id, scope.workspace_id, locale],
        expect: Expect::Changed(1),
    }
}

/// Changes what a member may do. Fails when they are not there or have another role than when they were looked at.
pub fn set_role(seen: &Member, role: MemberRole, agents: Option<&Vec<String>>) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE members SET role = ?4, agents = ?5 WHERE id = ?1 AND workspace_id = ?2 AND role = ?3",
        params: params![seen.id, seen.workspace_id, Word(seen.role), Word(role), agents.map(Json)],
        expect: Expect::Changed(1),
    }
}

/// Shuts a member out, or lets them in again. Fails when they are not there or have another role than when they were
/// looked at.
pub fn set_suspended(seen: &Member, since: Option<Timestamp>) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE members SET suspended_at = ?4 WHERE id = ?1 AND workspace_id = ?2 AND role = ?3",
        params: params![seen.id, seen.workspace_id, Word(seen.role), since],
        expect: Expect::Changed(1),
    }
}

/// Takes a member away with all they have. Fails when they are not there or have another role than when they were
/// looked at.
pub fn delete(seen: &Member) -> Write {
    Write {
        name: FOUND,
        sql: "DELETE FROM members WHERE id = ?1 AND workspace_id = ?2 AND role = ?3",
        params: params![seen.id, seen.workspace_id, Word(seen.role)],
        expect: Expect::Changed(1),
    }
}

/// Guards a batch that takes an owner away: fails as an expectation named [`ANOTHER_OWNER`] when nobody else could run
/// the workspace. Comes after `workspaces::lock`, so that two owners cannot take each other away at the same moment.
pub fn another_owner(seen: &Member) -> Write {
    Write {
        name: ANOTHER_OWNER,
        sql:
            "SELECT 1 FROM members WHERE workspace_id = ?2 AND id <> ?1 AND role = 'owner' AND kind = 'person'
              AND suspended_at IS NULL LIMIT 1",
        params: params![seen.id, seen.workspace_id],
        expect: Expect::Changed(1),
    }
}

/// Changes the hash of a member's password.
pub fn set_password(scope: Scope, hash: &Secret<String>) -> Write {
    Write {
        name: FOUND,
        sql: "UPDATE members SET password_hash = ?3 WHERE id = ?1 AND workspace_id = ?2",
        params: params![scope.member_id, scope.workspace_id, hash.expose()],
        expect: Expect::Changed(1),
    }
}

/// The hash of a member's password.
///
/// # Errors
/// Those of reading.
pub async fn password(db: &Db, scope: Scope) -> Result<Option<Secret<String>>, StoreError> {
    let sql = "SELECT password_hash FROM members WHERE id = ?1 AND workspace_id = ?2";
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id] };
    Ok(db.row(query).await?.map(|mut row| row.take()).transpose()?.map(Secret::new))
}

/// The member with this login, in whatever case it is written, and the password hash to check.
///
/// # Errors
/// Those of reading.
pub async fn by_login(
    db: &Db,
    workspace_id: WorkspaceId,
    login: &str,
) -> Result<Option<(Member, Secret<String>)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", m.password_hash FROM members m WHERE m.workspace_id = ?1 AND m.login_key = ?2"
    );
    let Some(mut row) = db.row(Query { sql, params: params![workspace_id, login_key(login)] }).await? else {
        return Ok(None);
    };
    Ok(Some((read(&mut row)?, Secret::new(row.take()?))))
}

/// A member.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope) -> Result<Option<Member>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM members m WHERE m.id = ?1 AND m.workspace_id = ?2");
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id] };
    db.row(query).await?.as_mut().map(read).transpose()
}

/// A member and the workspace, for whoever asks about themselves.
///
/// # Errors
/// Those of reading.
pub async fn me(db: &Db, scope: Scope) -> Result<Option<Me>, StoreError> {
    let member = get(db, scope).await?;
    let workspace = workspaces::get(db, scope.workspace_id).await?;
    Ok(member.zip(workspace).map(|(member, workspace)| Me { member, workspace }))
}

/// Everybody in a workspace, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<Member>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM members m WHERE m.workspace_id = ?1 ORDER BY m.created_at, m.id"
    );
    db.rows(Query { sql, params: params![workspace_id] }).await?.iter_mut().map(read).collect()
}

/// How many members a workspace has.
///
/// # Errors
/// Those of reading.
pub async fn count(db: &Db, workspace_id: WorkspaceId) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM members WHERE workspace_id = ?1";
    db.row(Query { sql, params: params![workspace_id] }).await?.map_or(Ok(0), |mut row| row.take())
}

/// Reads [`columns`].
pub(crate) fn read(row: &mut Row) -> Result<Member, StoreError> {
    Ok(Member {
        id: row.take()?,
        workspace_id: row.take()?,
        login: row.take()?,
        name: row.take()?,
        role: row.take::<Word<MemberRole>>()?.0,
        locale: row.take()?,
        created_at: row.take()?,
        kind: row.take::<Word<MemberKind>>()?.0,
        suspended_at: row.take()?,
        agents: row.take::<Option<Json<_>>>()?.map(|json| json.0),
    })
}

/// The same for every way to write a login in capitals and small letters.
pub(crate) fn login_key(login: &str) -> String {
    login.trim().to_lowercase()
}
