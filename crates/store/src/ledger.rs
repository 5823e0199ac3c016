//! The ledger on disk: what a decision has to know, and the writes that it becomes.
//!
//! `ledger::decide` is pure. A [`Sheet`] answers its questions from rows that were read a moment ago and turns each
//! decision into writes that hold only while those rows are as they were: a balance must still be high enough, a hold
//! must still be open and as large. Whoever comes second is told so by the name of the write and reads a new sheet.

mod audit;
mod sheet;
mod writes;

use std::collections::BTreeMap;

use db::{Db, Expect, Json, Query, Row, StoreError, Word, Write, params};
use ledger::{Account, Entry, Hold, HoldState, Reason};
use money::{Amount, Currency};
use stdx::{CommandId, Timestamp, WorkspaceId};

use crate::Scope;

pub use audit::{Audit, audit};
pub use sheet::Sheet;

/// Conflicts when the command was carried out meanwhile.
pub const COMMAND: &str = "ledger_command";
/// Fails when a balance is lower than it was.
pub const BALANCE: &str = "ledger_balance";
/// Fails when a hold ended or grew meanwhile; conflicts when the run got one.
pub const HOLD: &str = "ledger_hold";

/// True when another sheet is worth reading: somebody else was faster, and what was decided is no longer so. (A conflict
/// is something else: the run, or the command, was there before.)
pub fn is_outdated(error: &StoreError) -> bool {
    matches!(error, StoreError::Expectation { name: BALANCE | HOLD })
}

/// What an account can give: its balance above its floor.
///
/// # Errors
/// Those of reading.
pub async fn spendable(
    db: &Db,
    workspace_id: WorkspaceId,
    account: Account,
    currency: money::Currency,
) -> Result<Amount, StoreError> {
    let sql = "SELECT b.amount - b.least FROM ledger_balances b
               WHERE b.workspace_id = ?1 AND b.account = ?2 AND b.currency = ?3";
    let query = Query { sql, params: params![workspace_id, account.to_string(), currency] };
    db.row(query).await?.map_or(Ok(Amount::ZERO), |mut row| row.take())
}

/// What a statement is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementRows {
    /// Wallet and allowance together before the first instant.
    pub opening: Amount,
    /// Every entry of a member's accounts, and of the runs that they paid, in the order in which they were made.
    pub entries: Vec<Entry>,
    /// What is said about some of them: command, plan, note.
    pub notes: Vec<(CommandId, Option<String>, Option<String>)>,
}

/// The rows of a member's statement in a currency, from one instant until before another, all read at one instant.
///
/// # Errors
/// Those of reading.
pub async fn statement_rows(
    db: &Db,
    scope: Scope,
    currency: Currency,
    from: Timestamp,
    until: Timestamp,
) -> Result<StatementRows, StoreError> {
    let before = "SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM ledger_entries e
         WHERE e.workspace_id = ?1 AND e.account = ?2 AND e.currency = ?3 AND e.at < ?4";
    let own = "SELECT e.command_id, e.at, e.reason, e.run_id, e.account, e.currency, e.amount, e.line
         FROM ledger_entries e
         WHERE e.workspace_id = ?1 AND e.account = ?2 AND e.currency = ?3 AND e.at >= ?4 AND e.at < ?5
         ORDER BY e.at, e.command_id, e.line";
    // How a run ended is also told by the entries of the accounts that its hold was charged to.
    let others = "SELECT e.command_id, e.at, e.reason, e.run_id, e.account, e.currency, e.amount, e.line
         FROM ledger_entries o JOIN ledger_entries e ON e.run_id = o.run_id
         WHERE o.workspace_id = ?1 AND o.account = ?2 AND o.currency = ?3 AND o.at >= ?4 AND o.at < ?5
         AND o.run_id IS NOT NULL AND o.reason = 'hold'
         AND e.account NOT IN (?2, ?6) AND e.at >= ?4 AND e.at < ?5";
    let notes = "SELECT n.command_id, n.plan, n.note FROM ledger_entries e
         JOIN ledger_notes n ON n.command_id = e.command_id
         WHERE e.workspace_id = ?1 AND e.account = ?2 AND e.currency = ?3 AND e.at >= ?4 AND e.at < ?5
         AND e.run_id IS NULL";
    let Scope { workspace_id, member_id } = scope;
    let accounts = [Account::Wallet(member_id), Account::Allowance(member_id)].map(|it| it.to_string());
    let [wallet, allowance] = &accounts;
    let mut queries = Vec::new();
    for (account, other) in [(wallet, allowance), (allowance, wallet)] {
        queries.push(Query { sql: before, params: params![workspace_id, account, currency, from] });
        for sql in [own, notes] {
            queries.push(Query { sql, params: params![workspace_id, account, currency, from, until] });
        }
        let params = params![workspace_id, account, currency, from, until, other];
        queries.push(Query { sql: others, params });
    }
    let mut answers = db.snapshot(queries).await?.into_iter();
    let (mut rows, mut entries) = (StatementRows::default(), BTreeMap::new());
    for _ in &accounts {
        let mut next = || answers.next().unwrap_or_default();
        let sum: Amount = next().first_mut().map_or(Ok(Amount::ZERO), Row::take)?;
        rows.opening =
            rows.opening.checked_add(sum).ok_or_else(|| StoreError::other("a balance does not fit"))?;
        let own = next();
        for mut row in next() {
            rows.notes.push((row.take()?, row.take()?, row.take()?));
        }
        for mut row in own.into_iter().chain(next()) {
            let entry = read_entry(&mut row)?;
            entries.insert((entry.at, entry.command, row.take::<u64>()?), entry);
        }
    }
    rows.entries = entries.into_values().collect();
    Ok(rows)
}

/// When the first entry of a member's accounts was made.
///
/// # Errors
/// Those of reading.
pub async fn first_entry_at(db: &Db, scope: Scope) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT e.at FROM ledger_entries e WHERE e.workspace_id = ?1 AND e.account = ?2 ORDER BY e.at LIMIT 1";
    let accounts = [Account::Wallet(scope.member_id), Account::Allowance(scope.member_id)];
    let query = |account: Account| Query { sql, params: params![scope.workspace_id, account.to_string()] };
    let answers = db.snapshot(accounts.map(query).into()).await?;
    let mut first = None;
    for mut row in answers.into_iter().flatten() {
        let at: Timestamp = row.take()?;
        first = Some(first.map_or(at, |first: Timestamp| first.min(at)));
    }
    Ok(first)
}

/// The open holds of all workspaces whose time is over, the oldest first, at most `most`.
///
/// # Errors
/// Those of reading.
pub async fn overdue(db: &Db, now: Timestamp, most: u32) -> Result<Vec<(WorkspaceId, Hold)>, StoreError> {
    let sql = "SELECT h.workspace_id, h.id, h.run_id, h.currency, h.legs, h.expires_at, h.state, h.charge FROM holds h
               WHERE h.state = 'open' AND h.expires_at <= ?1 ORDER BY h.expires_at, h.id LIMIT ?2";
    let read = |row: &mut Row| Ok((row.take()?, read_hold(row)?));
    db.rows(Query { sql, params: params![now, most] }).await?.iter_mut().map(read).collect()
}

/// How many holds are open in all workspaces, and since when the oldest one will be over.
///
/// # Errors
/// Those of reading.
pub async fn open_holds(db: &Db) -> Result<(u64, Option<Timestamp>), StoreError> {
    let sql = "SELECT COUNT(*), MIN(h.expires_at) FROM holds h WHERE h.state = 'open'";
    let Some(mut row) = db.row(Query { sql, params: params![] }).await? else { return Ok((0, None)) };
    Ok((row.take()?, row.take()?))
}

/// What was entered as a provider's cost of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderCost {
    /// The model.
    pub model: String,
    /// The price that was kept with the run; it knows the vendor.
    pub price: Option<catalog::Price>,
    /// When the run began.
    pub began_at: Timestamp,
    /// What it cost.
    pub cost: money::Money,
}

/// The costs that were entered in a stretch of time, in its order.
///
/// # Errors
/// Those of reading.
pub async fn provider_costs(
    db: &Db,
    workspace_id: WorkspaceId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<ProviderCost>, StoreError> {
    let sql = "SELECT c.model, c.price, c.began_at, e.currency, e.amount
               FROM ledger_entries e JOIN charges c ON c.run_id = e.run_id
               WHERE e.workspace_id = ?1 AND e.account = ?2 AND e.reason = ?3 AND e.at >= ?4 AND e.at < ?5
               ORDER BY e.at, e.command_id, e.line";
    let read = |row: &mut Row| {
        let (model, price) = (row.take()?, row.take::<Option<Json<_>>>()?.map(|json| json.0));
        let (began_at, currency) = (row.take()?, row.take()?);
        Ok(ProviderCost { model, price, began_at, cost: row.take::<Amount>()?.of(currency) })
    };
    let account = Account::Payable.to_string();
    let query = Query { sql, params: params![workspace_id, account, Reason::Cost.as_str(), from, until] };
    db.rows(query).await?.iter_mut().map(read).collect()
}

/// Grants a credit line, or asks for a deposit: what a balance must not fall below. Fails as an expectation named
/// [`BALANCE`] when the balance is below it already.
pub fn set_floor(workspace_id: WorkspaceId, account: Account, currency: Currency, floor: Amount) -> Write {
    Write {
        name: BALANCE,
        sql: "INSERT INTO ledger_balances (workspace_id, account, currency, amount, least)
              SELECT w.id, ?2, ?3, 0, ?4 FROM workspaces w WHERE w.id = ?1 AND ?4 <= 0
              ON CONFLICT (workspace_id, account, currency) DO UPDATE SET least = excluded.least
              WHERE ledger_balances.amount >= excluded.least",
        params: params![workspace_id, account.to_string(), currency, floor],
        expect: Expect::Changed(1),
    }
}

/// Reads `id, run_id, currency, legs, expires_at, state, charge`.
fn read_hold(row: &mut Row) -> Result<Hold, StoreError> {
    let (id, run, currency) = (row.take()?, row.take()?, row.take()?);
    let (legs, expires_at) = (row.take::<Json<_>>()?.0, row.take()?);
    let (state, charge): (String, Amount) = (row.take()?, row.take()?);
    let state = match state.as_str() {
        "open" => HoldState::Open,
        "settled" => HoldState::Settled { charge },
        "released" => HoldState::Released,
        "expired" => HoldState::Expired { charge },
        other => return Err(StoreError::other(format!("a hold is {other:?}"))),
    };
    Ok(Hold { id, run, currency, legs, expires_at, state })
}

/// Reads `command_id, at, reason, run_id, account, currency, amount`.
fn read_entry(row: &mut Row) -> Result<Entry, StoreError> {
    let (command, at): (CommandId, Timestamp) = (row.take()?, row.take()?);
    let (reason, run) = (row.take::<Word<_>>()?.0, row.take()?);
    let account = row.take::<Word<Account>>()?.0;
    let currency = row.take()?;
    Ok(Entry { command, at, reason, run, account, money: row.take::<Amount>()?.of(currency) })
}
