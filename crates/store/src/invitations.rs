//! Invitations: links that let somebody in.

use db::{Db, Expect, Json, Query, Row, StoreError, Word, Write, params};
use stdx::{GroupId, InvitationId, MemberId, Timestamp, WorkspaceId};

use crate::members::{self, Member};
use crate::workspaces::{self, Workspace};
use crate::{MemberRole, Scope, TokenHash};

/// Conflicts when the id or the token is taken; fails as an expectation when its maker is no member.
pub const INSERT: &str = "invitation_insert";
/// Fails when there is no such invitation in the workspace, or it was revoked before.
pub const LIVE: &str = "invitation_live";
/// Fails when an invitation lets nobody in any more.
pub const USE: &str = "invitation_use";

/// A link that lets somebody in, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where it lets in.
    pub workspace_id: WorkspaceId,
    /// What those may do who come by it.
    pub role: MemberRole,
    /// The agents a guest may use; absent for other roles.
    pub agents: Option<Vec<String>>,
    /// The groups those come into who come by it.
    pub group_ids: Vec<GroupId>,
    /// How many it lets in.
    pub most_uses: u32,
    /// How many it has let in.
    pub uses: u32,
    /// Who answers for it. When they may no longer invite, it is revoked.
    pub made_by: MemberId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When somebody took it back.
    pub revoked_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "i.id, i.workspace_id, i.role, i.agents, i.group_ids, i.most_uses, i.uses, i.made_by, i.created_at, i.expires_at, i.revoked_at"
    };
}

/// Keeps a new invitation under the hash of its token.
pub fn insert(invitation: &Invitation, token: TokenHash) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO invitations (id, workspace_id, role, agents, group_ids, most_uses, uses, made_by, created_at,
                                       expires_at, revoked_at, token_hash)
              SELECT ?1, m.workspace_id, ?3, ?4, ?5, ?6, ?7, m.id, ?9, ?10, ?11, ?12
              FROM members m WHERE m.workspace_id = ?2 AND m.id = ?8",
        params: params![
            invitation.id,
            invitation.workspace_id,
            Word(invitation.role),
            invitation.agents.as_ref().map(Json),
            Json(&invitation.group_ids),
            invitation.most_uses,
            invitation.uses,
            invitation.made_by,
            invitation.created_at,
            invitation.expires_at,
            invitation.revoked_at,
            token,
        ],
        expect: Expect::Changed(1),
    }
}

/// Lets one more in: fails as an expectation named [`USE`] when it is spent, over, taken back, or the workspace closed.
pub fn take_one(id: InvitationId, now: Timestamp) -> Write {
    Write {
        name: USE,
        sql: "UPDATE invitations SET uses = uses + 1
              WHERE id = ?1 AND revoked_at IS NULL AND expires_at > ?2 AND uses < most_uses
              AND EXISTS (SELECT 1 FROM workspaces w WHERE w.id = invitations.workspace_id AND w.sign_up <> 'closed')",
        params: params![id, now],
        expect: Expect::Changed(1),
    }
}

/// Takes an invitation back; fails as an expectation named [`LIVE`] when it was before.
pub fn revoke(workspace_id: WorkspaceId, id: InvitationId, now: Timestamp) -> Write {
    Write {
        name: LIVE,
        sql: "UPDATE invitations SET revoked_at = ?3 WHERE id = ?1 AND workspace_id = ?2 AND revoked_at IS NULL",
        params: params![id, workspace_id, now],
        expect: Expect::Changed(1),
    }
}

/// Takes back what a member invited: they may no longer give what it says.
pub fn revoke_of(maker: Scope, now: Timestamp) -> Write {
    Write {
        name: "invitation_revoke_of",
        sql: "UPDATE invitations SET revoked_at = ?3 WHERE made_by = ?1 AND workspace_id = ?2 AND revoked_at IS NULL",
        params: params![maker.member_id, maker.workspace_id, now],
        expect: Expect::Any,
    }
}

/// The invitation of a token with the workspace and who made it; nothing once it lets nobody in.
///
/// # Errors
/// Those of reading.
pub async fn by_token(
    db: &Db,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(Invitation, Workspace, Member)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", ",
        workspaces::columns!(),
        ", ",
        members::columns!(),
        " FROM invitations i JOIN workspaces w ON w.id = i.workspace_id
          JOIN members m ON m.id = i.made_by AND m.workspace_id = i.workspace_id
          WHERE i.token_hash = ?1 AND i.expires_at > ?2 AND i.revoked_at IS NULL AND i.uses < i.most_uses
          AND w.sign_up <> 'closed' AND m.suspended_at IS NULL"
    );
    let Some(mut row) = db.row(Query { sql, params: params![token, now] }).await? else {
        return Ok(None);
    };
    Ok(Some((read(&mut row)?, workspaces::read(&mut row)?, members::read(&mut row)?)))
}

/// The invitations of a workspace, the oldest first, also those that let nobody in any more.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<Invitation>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM invitations i WHERE i.workspace_id = ?1 ORDER BY i.created_at, i.id"
    );
    db.rows(Query { sql, params: params![workspace_id] }).await?.iter_mut().map(read).collect()
}

fn read(row: &mut Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.take()?,
        workspace_id: row.take()?,
        role: row.take::<Word<MemberRole>>()?.0,
        agents: row.take::<Option<Json<_>>>()?.map(|json| json.0),
        group_ids: row.take::<Json<_>>()?.0,
        most_uses: row.take()?,
        uses: row.take()?,
        made_by: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
        revoked_at: row.take()?,
    })
}
