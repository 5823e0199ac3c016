//! Second factors: what a member shows beside the password, and the codes for when it is lost.

use db::{Db, Expect, Query, StoreError, Write, params};
use stdx::Timestamp;

use crate::{Scope, TokenHash};

/// Fails when the member has a second factor already, or there is no such member.
pub const BEGIN: &str = "second_factor_begin";
/// Fails when there is no second factor that waits for its first code.
pub const CONFIRM: &str = "second_factor_confirm";
/// Fails when a code was used before.
pub const STEP: &str = "second_factor_step";
/// Fails when there is no such recovery code.
pub const CODE: &str = "recovery_code";

/// A secret that makes codes. It is sealed: only the application can open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Encrypted.
    pub sealed_secret: String,
    /// Absent until the first right code: it is asked for by nobody until then.
    pub confirmed_at: Option<Timestamp>,
    /// The time step of the last code that was used: no code of it, or of one before, opens anything again.
    pub last_step: Option<u64>,
}

/// Keeps a secret that waits for its first code, in the place of another one that waits. Fails as an expectation named
/// [`BEGIN`] when there is a confirmed one.
pub fn begin(scope: Scope, sealed_secret: &str, now: Timestamp) -> Write {
    Write {
        name: BEGIN,
        sql: "INSERT INTO second_factors (member_id, workspace_id, sealed_secret, created_at)
              SELECT m.id, m.workspace_id, ?3, ?4 FROM members m WHERE m.id = ?1 AND m.workspace_id = ?2
              ON CONFLICT (member_id) DO UPDATE SET sealed_secret = excluded.sealed_secret,
                created_at = excluded.created_at, last_step = NULL
              WHERE second_factors.confirmed_at IS NULL",
        params: params![scope.member_id, scope.workspace_id, sealed_secret, now],
        expect: Expect::Changed(1),
    }
}

/// From now on the secret is asked for. `seen` is the secret whose code was right.
pub fn confirm(scope: Scope, seen: &SecondFactor, now: Timestamp) -> Write {
    Write {
        name: CONFIRM,
        sql: "UPDATE second_factors SET confirmed_at = ?4
              WHERE member_id = ?1 AND workspace_id = ?2 AND sealed_secret = ?3 AND confirmed_at IS NULL",
        params: params![scope.member_id, scope.workspace_id, &seen.sealed_secret, now],
        expect: Expect::Changed(1),
    }
}

/// Uses the code of a time step: fails as an expectation named [`STEP`] when it, or a later one, was used before.
pub fn use_step(scope: Scope, step: u64) -> Write {
    Write {
        name: STEP,
        sql: "UPDATE second_factors SET last_step = ?3
              WHERE member_id = ?1 AND workspace_id = ?2 AND (last_step IS NULL OR last_step < ?3)",
        params: params![scope.member_id, scope.workspace_id, step],
        expect: Expect::Changed(1),
    }
}

/// Takes the second factor and its recovery codes away. Finds nothing when there is none.
pub fn delete(scope: Scope) -> [Write; 2] {
    let params = params![scope.member_id, scope.workspace_id];
    let write = |name, sql, params| Write { name, sql, params, expect: Expect::Any };
    [
        write(
            "second_factor_delete",
            "DELETE FROM second_factors WHERE member_id = ?1 AND workspace_id = ?2",
            params.clone(),
        ),
        write(
            "recovery_code_delete",
            "DELETE FROM recovery_codes WHERE member_id = ?1 AND workspace_id = ?2",
            params,
        ),
    ]
}

/// Keeps these recovery codes, and no earlier ones.
pub fn replace_codes(scope: Scope, codes: &[TokenHash]) -> Vec<Write> {
    let mut writes = vec![Write {
        name: "recovery_code_delete",
        sql: "DELETE FROM recovery_codes WHERE member_id = ?1 AND workspace_id = ?2",
        params: params![scope.member_id, scope.workspace_id],
        expect: Expect::Any,
    }];
    writes.extend(codes.iter().map(|code| Write {
        name: CODE,
        sql: "INSERT INTO recovery_codes (member_id, workspace_id, code_hash)
              SELECT m.id, m.workspace_id, ?3 FROM members m WHERE m.id = ?1 AND m.workspace_id = ?2",
        params: params![scope.member_id, scope.workspace_id, *code],
        expect: Expect::Changed(1),
    }));
    writes
}

/// Spends a recovery code: fails as an expectation named [`CODE`] when there is no such code.
pub fn spend_code(scope: Scope, code: TokenHash) -> Write {
    Write {
        name: CODE,
        sql: "DELETE FROM recovery_codes WHERE member_id = ?1 AND workspace_id = ?2 AND code_hash = ?3",
        params: params![scope.member_id, scope.workspace_id, code],
        expect: Expect::Changed(1),
    }
}

/// The second factor of a member.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope) -> Result<Option<SecondFactor>, StoreError> {
    let sql = "SELECT f.sealed_secret, f.confirmed_at, f.last_step FROM second_factors f
               WHERE f.member_id = ?1 AND f.workspace_id = ?2";
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id] };
    let Some(mut row) = db.row(query).await? else { return Ok(None) };
    Ok(Some(SecondFactor { sealed_secret: row.take()?, confirmed_at: row.take()?, last_step: row.take()? }))
}

/// How many recovery codes a member has left.
///
/// # Errors
/// Those of reading.
pub async fn codes_left(db: &Db, scope: Scope) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM recovery_codes c WHERE c.member_id = ?1 AND c.workspace_id = ?2";
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id] };
    db.row(query).await?.map_or(Ok(0), |mut row| row.take())
}

/// Who of a workspace has a confirmed second factor.
///
/// # Errors
/// Those of reading.
pub async fn confirmed(db: &Db, workspace_id: stdx::WorkspaceId) -> Result<Vec<stdx::MemberId>, StoreError> {
    let sql = "SELECT f.member_id FROM members m JOIN second_factors f ON f.member_id = m.id
               WHERE m.workspace_id = ?1 AND f.confirmed_at IS NOT NULL";
    let rows = db.rows(Query { sql, params: params![workspace_id] }).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}
