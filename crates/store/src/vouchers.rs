//! Vouchers: codes that are worth something. A code is found by its hash; what admins are shown again is sealed.

use db::{Db, Expect, Query, Row, StoreError, Write, params};
use money::{Amount, Currency};
use plans::{Redeemed, Voucher, VoucherLimit, Worth};
use stdx::{MemberId, Timestamp, VoucherId, WorkspaceId};

use crate::{Scope, TokenHash};

/// Conflicts when the id or the code is taken.
pub const INSERT: &str = "voucher_insert";
/// Fails when there is no such voucher in the workspace, or it was removed before.
pub const LIVE: &str = "voucher_live";
/// Fails when nobody can redeem the voucher any more, or not yet.
pub const TAKE: &str = "voucher_take";
/// Conflicts when the member has redeemed the voucher before.
pub const REDEEM: &str = "voucher_redeem";

/// A voucher as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherRow {
    /// Its id.
    pub id: VoucherId,
    /// Where it is worth something.
    pub workspace_id: WorkspaceId,
    /// What it is worth, to how many, and when.
    pub voucher: Voucher,
    /// By how many it was redeemed.
    pub redeemed: u32,
    /// Its code, sealed.
    pub sealed_code: String,
    /// What it is for, in somebody's words.
    pub note: String,
    /// Who made it.
    pub made_by: MemberId,
    /// When.
    pub created_at: Timestamp,
    /// When it was taken back.
    pub removed_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "v.id, v.workspace_id, v.amount, v.currency, v.plan, v.days, v.most_members, v.redeemed, v.valid_from,
         v.expires_at, v.sealed_code, v.note, v.made_by, v.created_at, v.removed_at"
    };
}

/// Keeps a new voucher under the hash of its code.
pub fn insert(row: &VoucherRow, code: TokenHash) -> Write {
    let (credit, plan) = match &row.voucher.worth {
        Worth::Credit(money) => (Some(*money), None),
        Worth::Plan { plan, days } => (None, Some((plan.as_str(), *days))),
    };
    Write {
        name: INSERT,
        sql: "INSERT INTO vouchers (id, workspace_id, digest, sealed_code, amount, currency, plan, days, most_members,
                                    redeemed, valid_from, expires_at, note, made_by, created_at, removed_at)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params: params![
            row.id,
            row.workspace_id,
            code,
            &row.sealed_code,
            credit.map(|money| money.amount),
            credit.map(|money| money.currency),
            plan.map(|(plan, _)| plan),
            plan.map(|(_, days)| days),
            row.voucher.limit.members(),
            row.redeemed,
            row.voucher.valid_from,
            row.voucher.expires_at,
            &row.note,
            row.made_by,
            row.created_at,
            row.removed_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Lets one more member redeem it: fails as an expectation named [`TAKE`] when it is used up, over, or taken back, and as a
/// conflict named [`REDEEM`] when this member has had it.
pub fn redeem(id: VoucherId, scope: Scope, now: Timestamp) -> [Write; 2] {
    let redemption = Write {
        name: REDEEM,
        sql: "INSERT INTO voucher_redemptions (voucher_id, member_id, workspace_id, at)
              SELECT v.id, ?2, v.workspace_id, ?4 FROM vouchers v WHERE v.id = ?1 AND v.workspace_id = ?3",
        params: params![id, scope.member_id, scope.workspace_id, now],
        expect: Expect::Changed(1),
    };
    let take = Write {
        name: TAKE,
        sql: "UPDATE vouchers SET redeemed = redeemed + 1
              WHERE id = ?1 AND workspace_id = ?2 AND removed_at IS NULL AND redeemed < most_members
              AND valid_from <= ?3 AND (expires_at IS NULL OR expires_at > ?3)",
        params: params![id, scope.workspace_id, now],
        expect: Expect::Changed(1),
    };
    [redemption, take]
}

/// Takes a voucher back; fails as an expectation named [`LIVE`] when it was before. Who redeemed it keeps what they got.
pub fn remove(workspace_id: WorkspaceId, id: VoucherId, now: Timestamp) -> Write {
    Write {
        name: LIVE,
        sql: "UPDATE vouchers SET removed_at = ?3 WHERE id = ?1 AND workspace_id = ?2 AND removed_at IS NULL",
        params: params![id, workspace_id, now],
        expect: Expect::Changed(1),
    }
}

/// The voucher of a code, also one that was taken back, and how far it was redeemed, by this member and by all.
///
/// # Errors
/// Those of reading.
pub async fn by_code(
    db: &Db,
    scope: Scope,
    code: TokenHash,
) -> Result<Option<(VoucherRow, Redeemed)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", r.at FROM vouchers v LEFT JOIN voucher_redemptions r ON r.voucher_id = v.id AND r.member_id = ?3
          WHERE v.workspace_id = ?1 AND v.digest = ?2"
    );
    let query = Query { sql, params: params![scope.workspace_id, code, scope.member_id] };
    let Some(mut row) = db.row(query).await? else { return Ok(None) };
    let voucher = read(&mut row)?;
    let redeemed = Redeemed { own: row.take()?, members: voucher.redeemed };
    Ok(Some((voucher, redeemed)))
}

/// A voucher of a workspace.
///
/// # Errors
/// Those of reading.
pub async fn get(
    db: &Db,
    workspace_id: WorkspaceId,
    id: VoucherId,
) -> Result<Option<VoucherRow>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM vouchers v WHERE v.id = ?1 AND v.workspace_id = ?2");
    db.row(Query { sql, params: params![id, workspace_id] }).await?.as_mut().map(read).transpose()
}

/// All vouchers of a workspace, the oldest first, also those that nobody can redeem any more.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<VoucherRow>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM vouchers v WHERE v.workspace_id = ?1 ORDER BY v.created_at, v.id"
    );
    db.rows(Query { sql, params: params![workspace_id] }).await?.iter_mut().map(read).collect()
}

/// Reads [`columns`].
fn read(row: &mut Row) -> Result<VoucherRow, StoreError> {
    let (id, workspace_id) = (row.take()?, row.take()?);
    let (amount, currency): (Option<Amount>, Option<Currency>) = (row.take()?, row.take()?);
    let (plan, days): (Option<String>, Option<u32>) = (row.take()?, row.take()?);
    let worth = match (amount.zip(currency), plan.zip(days)) {
        (Some((amount, currency)), None) => Worth::Credit(amount.of(currency)),
        (None, Some((plan, days))) => Worth::Plan { plan, days },
        _ => return Err(StoreError::other("a voucher is worth two things or none")),
    };
    let limit = match row.take()? {
        1 => VoucherLimit::Once,
        most => VoucherLimit::Members(most),
    };
    let redeemed = row.take()?;
    let voucher = Voucher { worth, limit, valid_from: row.take()?, expires_at: row.take()? };
    Ok(VoucherRow {
        id,
        workspace_id,
        voucher,
        redeemed,
        sealed_code: row.take()?,
        note: row.take()?,
        made_by: row.take()?,
        created_at: row.take()?,
        removed_at: row.take()?,
    })
}
