//! API keys: what programs sign in with.

use db::{Db, Expect, Json, Query, Row, StoreError, Word, Write, params};
use stdx::{KeyId, MemberId, Timestamp, WorkspaceId};

use crate::members::{self, Member};
use crate::{Scope, TokenHash};

pub use people::{BudgetTerm, Face, KeyBudget, KeyScope};

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
    /// What of its member's rights it has.
    pub scope: KeyScope,
    /// The most that may be spent by it.
    pub budget: Option<KeyBudget>,
    /// When it stops opening anything by itself.
    pub expires_at: Option<Timestamp>,
    /// How long the token before the last rotation still opens.
    pub previous_until: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "k.id, k.workspace_id, k.member_id, k.name, k.created_at, k.revoked_at, k.scope, k.budget_micros, k.budget_term, k.expires_at, k.previous_until"
    };
}

/// Keeps a new key under the hash of its token.
pub fn insert(key: &ApiKey, token: TokenHash) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO api_keys (id, workspace_id, member_id, name, created_at, revoked_at, scope, budget_micros,
                                    budget_term, expires_at, token_hash)
              SELECT ?1, m.workspace_id, m.id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM members m
              WHERE m.workspace_id = ?2 AND m.id = ?3",
        params: params![
            key.id,
            key.workspace_id,
            key.member_id,
            &key.name,
            key.created_at,
            key.revoked_at,
            Json(&key.scope),
            key.budget.map(|budget| budget.micros),
            key.budget.map(|budget| Word(budget.term)),
            key.expires_at,
            token,
        ],
        expect: Expect::Changed(1),
    }
}

/// Changes what a key is called and what it may do.
pub fn update(key: &ApiKey) -> Write {
    Write {
        name: LIVE,
        sql:
            "UPDATE api_keys SET name = ?3, scope = ?4, budget_micros = ?5, budget_term = ?6, expires_at = ?7
              WHERE id = ?1 AND workspace_id = ?2 AND revoked_at IS NULL",
        params: params![
            key.id,
            key.workspace_id,
            &key.name,
            Json(&key.scope),
            key.budget.map(|budget| budget.micros),
            key.budget.map(|budget| Word(budget.term)),
            key.expires_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Gives a key another token. The one it had opens until `until`; the one before that opens nothing from now on.
pub fn rotate(workspace_id: WorkspaceId, id: KeyId, token: TokenHash, until: Timestamp) -> Write {
    Write {
        name: LIVE,
        sql: "UPDATE api_keys SET previous_hash = token_hash, previous_until = ?4, token_hash = ?3
              WHERE id = ?1 AND workspace_id = ?2 AND revoked_at IS NULL",
        params: params![id, workspace_id, token, until],
        expect: Expect::Changed(1),
    }
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

/// A key.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, workspace_id: WorkspaceId, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM api_keys k WHERE k.id = ?1 AND k.workspace_id = ?2");
    db.row(Query { sql, params: params![id, workspace_id] }).await?.as_mut().map(read).transpose()
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

/// The keys of a member, revoked ones too, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn list_of(db: &Db, scope: Scope) -> Result<Vec<ApiKey>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys k WHERE k.member_id = ?1 AND k.workspace_id = ?2 ORDER BY k.created_at, k.id"
    );
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id] };
    db.rows(query).await?.iter_mut().map(read).collect()
}

/// The key of a token and its member; nothing once it is revoked or expired, or while the member is suspended.
///
/// # Errors
/// Those of reading.
pub async fn by_token(
    db: &Db,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<(ApiKey, Member)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", ",
        members::columns!(),
        " FROM api_keys k JOIN members m ON m.id = k.member_id AND m.workspace_id = k.workspace_id
          WHERE (k.token_hash = ?1 OR (k.previous_hash = ?1 AND k.previous_until > ?2)) AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > ?2) AND m.suspended_at IS NULL"
    );
    let Some(mut row) = db.glance_row(Query { sql, params: params![token, now] }).await? else {
        return Ok(None);
    };
    Ok(Some((read(&mut row)?, members::read(&mut row)?)))
}

fn read(row: &mut Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.take()?,
        workspace_id: row.take()?,
        member_id: row.take()?,
        name: row.take()?,
        created_at: row.take()?,
        revoked_at: row.take()?,
        scope: row.take::<Option<Json<KeyScope>>>()?.map(|json| json.0).unwrap_or_default(),
        budget: {
            let (micros, term) = (row.take()?, row.take::<Option<Word<BudgetTerm>>>()?);
            Option::zip(micros, term).map(|(micros, term)| KeyBudget { micros, term: term.0 })
        },
        expires_at: row.take()?,
        previous_until: row.take()?,
    })
}
