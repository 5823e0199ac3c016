//! What a member sees of their wallet. A run is one movement, with the most it can cost while it goes on and with what it
//! did cost after; all movements add up to the balance.

use db::{Cursor, Db, Expect, Keyset, Page, Query, Row, StoreError, Word, Write, params};
use ledger::{Account, Reason};
use money::{Amount, Currency};
use stdx::{CommandId, EntityId, RunId, Timestamp, WorkspaceId};

use crate::Scope;

/// Something that changed a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// When; for a run, when it began.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// What it changed.
    pub amount: Amount,
    /// The plan that was bought or given back.
    pub plan: Option<String>,
    /// What somebody wrote beside it.
    pub note: Option<String>,
    /// The run that was paid.
    pub run: Option<PaidRun>,
    /// What it is sorted by, beside the time.
    id: String,
}

/// A run that a wallet paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidRun {
    /// Its id.
    pub id: RunId,
    /// The agent, if one answered.
    pub agent: Option<String>,
    /// The model.
    pub model: String,
}

/// What is said about a movement beside its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note<'a> {
    /// The plan that was bought or given back.
    pub plan: Option<&'a str>,
    /// What somebody wrote.
    pub text: Option<&'a str>,
}

/// Keeps what is said about a movement.
pub fn note(workspace_id: WorkspaceId, command: CommandId, note: &Note<'_>) -> Write {
    Write {
        name: "ledger_note",
        sql: "INSERT INTO ledger_notes (command_id, workspace_id, plan, note) VALUES (?1, ?2, ?3, ?4)",
        params: params![command, workspace_id, note.plan, note.text],
        expect: Expect::Changed(1),
    }
}

/// What changed a member's wallet, the latest first.
///
/// # Errors
/// Those of reading.
pub async fn movements(
    db: &Db,
    scope: Scope,
    currency: Currency,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Movement>, StoreError> {
    let keyset = Keyset::new(before, limit);
    let entries = "SELECT e.at, e.command_id, e.reason, e.amount, n.plan, n.note
         FROM ledger_entries e LEFT JOIN ledger_notes n ON n.command_id = e.command_id
         WHERE e.workspace_id = ?1 AND e.account = ?2 AND e.run_id IS NULL AND (e.at, e.command_id) < (?3, ?4)
         AND e.currency = ?6 ORDER BY e.at DESC, e.command_id DESC LIMIT ?5";
    let runs = "SELECT c.began_at, c.run_id, c.settled_at, c.credits, c.agent_id, c.model FROM charges c
         WHERE c.workspace_id = ?1 AND c.member_id = ?2 AND c.pay = 'wallet' AND (c.began_at, c.run_id) < (?3, ?4)
         AND c.currency = ?6 AND c.credits > 0 ORDER BY c.began_at DESC, c.run_id DESC LIMIT ?5";
    let account = Account::Wallet(scope.member_id).to_string();
    let (at, id, most) = (&keyset.before, &keyset.before_id, &keyset.limit);
    let of_account = params![scope.workspace_id, account, at.clone(), id.clone(), most.clone(), currency];
    let of_member =
        params![scope.workspace_id, scope.member_id, at.clone(), id.clone(), most.clone(), currency];
    let queries = vec![Query { sql: entries, params: of_account }, Query { sql: runs, params: of_member }];
    let mut answers = db.snapshot(queries).await?.into_iter();
    let mut found = Vec::new();
    for mut row in answers.next().unwrap_or_default() {
        found.push(read_entry(&mut row)?);
    }
    for mut row in answers.next().unwrap_or_default() {
        found.push(read_run(&mut row)?);
    }
    found.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    Ok(keyset.cut(found, |movement| (movement.at, movement.id.clone())))
}

fn read_entry(row: &mut Row) -> Result<Movement, StoreError> {
    let (at, id): (Timestamp, CommandId) = (row.take()?, row.take()?);
    Ok(Movement {
        at,
        reason: row.take::<Word<_>>()?.0,
        amount: row.take()?,
        plan: row.take()?,
        note: row.take()?,
        run: None,
        id: id.uuid().to_string(),
    })
}

fn read_run(row: &mut Row) -> Result<Movement, StoreError> {
    let (at, id): (Timestamp, RunId) = (row.take()?, row.take()?);
    let (settled_at, paid): (Option<Timestamp>, Amount) = (row.take()?, row.take()?);
    let amount = Amount::ZERO.checked_sub(paid).unwrap_or_default();
    Ok(Movement {
        at,
        reason: if settled_at.is_some() { Reason::Settlement } else { Reason::Hold },
        amount,
        plan: None,
        note: None,
        run: Some(PaidRun { id, agent: row.take()?, model: row.take()? }),
        id: id.uuid().to_string(),
    })
}
