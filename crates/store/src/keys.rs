//! API keys: what programs sign in with.

use stdx::{KeyId, MemberId, Timestamp, WorkspaceId};

use crate::batch::{Expect, Write};
use crate::db::Query;
use crate::members::{self, Member};
use crate::value::{Row, params};
use crate::{Db, StoreError, TokenHash};

/// Conflicts when the id or the token is taken; fails as an expectation when there is no such member.
pub const INSERT: &str = "key_insert";
/// Fails when there is no such key in the workspace, or it was revoked before.
pub const LIVE: &str = "key_live";

/// A key, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Where it opens.
    pub workspace_id: WorkspaceId,
    /// Whose rights it has.
    pub member_id: MemberId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stopped opening anything.
    pub revoked_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "k.id, k.workspace_id, k.member_id, k.name, k.created_at, k.revoked_at"
    };
}

/// Keeps a new key under the hash of its token.
pub fn insert(key: &ApiKey, token: TokenHash) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO api_keys (id, workspace_id, member_id, name, created_at, revoked_at, token_hash)
              SELECT ?1, m.workspace_id, m.id, ?4, ?5, ?6, ?7 FROM members m WHERE m.workspace_id = ?2 AND m.id = ?3",
        params: params![
            key.id,
            key.workspace_id,
            key.member_id,
            &key.name,
            key.created_at,
            key.revoked_at,
            token,
        ],
        expect: Expect::Changed(1),
    }
}

/// The keys of a workspace, revoked ones too, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<ApiKey>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys k WHERE k.workspace_id = ?1 ORDER BY k.created_at, k.id"
    );
    db.rows(Query { sql, params: params![workspace_id] }).await?.iter_mut().map(read).collect()
}

/// The key of a token and its member; nothing once it is revoked.
///
/// # Errors
/// Those of reading.
pub async fn by_token(db: &Db, token: TokenHash) -> Result<Option<(ApiKey, Member)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", ",
        members::columns!(),
        " FROM api_keys k JOIN members m ON m.id = k.member_id AND m.workspace_id = k.workspace_id
          WHERE k.token_hash = ?1 AND k.revoked_at IS NULL"
    );
    let Some(mut row) = db.row(Query { sql, params: params![token] }).await? else {
        return Ok(None);
    };
    Ok(Some((read(&mut row)?, members::read(&mut row)?)))
}

/// Makes a key open nothing any more; fails as an expectation named [`LIVE`] when it does so already.
pub fn revoke(workspace_id: WorkspaceId, id: KeyId, now: Timestamp) -> Write {
    Write {
        name: LIVE,
        sql: "UPDATE api_keys SET revoked_at = ?3 WHERE id = ?1 AND workspace_id = ?2 AND revoked_at IS NULL",
        params: params![id, workspace_id, now],
        expect: Expect::Changed(1),
    }
}

fn read(row: &mut Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.take()?,
        workspace_id: row.take()?,
        member_id: row.take()?,
        name: row.take()?,
        created_at: row.take()?,
        revoked_at: row.take()?,
    })
}
