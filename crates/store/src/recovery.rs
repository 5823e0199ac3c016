//! Recovery links: one-time links by which a member gets a new password.

use db::{Db, Expect, Query, StoreError, Write, params};
use stdx::{MemberId, Timestamp};

use crate::members::{self, Member};
use crate::{Scope, TokenHash};

/// Conflicts when the token is taken; fails as an expectation when there is no such member.
pub const PUT: &str = "recovery_put";
/// Fails when a link is spent or over.
pub const USE: &str = "recovery_use";

/// A one-time link, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryLink {
    /// Whose password it changes.
    pub scope: Scope,
    /// True when it takes the second factor away too, for those who lost it.
    pub drops_second_factor: bool,
    /// Who made it.
    pub made_by: MemberId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// Keeps a link under the hash of its token, in the place of an earlier one.
pub fn put(link: &RecoveryLink, token: TokenHash) -> Write {
    Write {
        name: PUT,
        sql: "INSERT INTO recovery_links (member_id, workspace_id, token_hash, drops_second_factor, made_by, created_at,
                                          expires_at)
              SELECT m.id, m.workspace_id, ?3, ?4, ?5, ?6, ?7 FROM members m
              WHERE m.id = ?1 AND m.workspace_id = ?2 AND m.kind = 'person'
              ON CONFLICT (member_id) DO UPDATE SET token_hash = excluded.token_hash,
                drops_second_factor = excluded.drops_second_factor, made_by = excluded.made_by,
                created_at = excluded.created_at, expires_at = excluded.expires_at",
        params: params![
            link.scope.member_id,
            link.scope.workspace_id,
            token,
            link.drops_second_factor,
            link.made_by,
            link.created_at,
            link.expires_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Spends a link: fails as an expectation named [`USE`] when it is spent or over.
pub fn spend(token: TokenHash, now: Timestamp) -> Write {
    Write {
        name: USE,
        sql: "DELETE FROM recovery_links WHERE token_hash = ?1 AND expires_at > ?2",
        params: params![token, now],
        expect: Expect::Changed(1),
    }
}

/// Takes the link of a member back. Finds nothing when there is none.
pub fn delete_of(scope: Scope) -> Write {
    Write {
        name: "recovery_delete_of",
        sql: "DELETE FROM recovery_links WHERE member_id = ?1 AND workspace_id = ?2",
        params: params![scope.member_id, scope.workspace_id],
        expect: Expect::Any,
    }
}

/// Takes back the links that somebody made: they may no longer make any.
pub fn delete_made_by(maker: Scope) -> Write {
    Write {
        name: "recovery_delete_made_by",
        sql: "DELETE FROM recovery_links WHERE made_by = ?1 AND workspace_id = ?2",
        params: params![maker.member_id, maker.workspace_id],
        expect: Expect::Any,
    }
}

/// The link of a token and its member; nothing once it is over, or while the member is suspended.
///
/// # Errors
/// Those of reading.
pub async fn by_token(
    db: &Db,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(RecoveryLink, Member)>, StoreError> {
    let sql = concat!(
        "SELECT r.drops_second_factor, r.made_by, r.created_at, r.expires_at, ",
        members::columns!(),
        " FROM recovery_links r JOIN members m ON m.id = r.member_id AND m.workspace_id = r.workspace_id
          WHERE r.token_hash = ?1 AND r.expires_at > ?2 AND m.suspended_at IS NULL"
    );
    let Some(mut row) = db.row(Query { sql, params: params![token, now] }).await? else {
        return Ok(None);
    };
    let (drops_second_factor, made_by) = (row.take()?, row.take()?);
    let (created_at, expires_at) = (row.take()?, row.take()?);
    let member = members::read(&mut row)?;
    let scope = member.scope();
    Ok(Some((RecoveryLink { scope, drops_second_factor, made_by, created_at, expires_at }, member)))
}
