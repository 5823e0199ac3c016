use std::collections::BTreeMap;

use db::{Db, Query, Row, StoreError, Word, params};
use ledger::{Account, Entry, Floors, Hold, Line};
use money::{Amount, Currency, Money};
use stdx::{RunId, WorkspaceId};

/// All rows of a workspace's ledger, read at one instant: what its invariants are checked on.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// All entries.
    pub entries: Vec<Entry>,
    /// All holds.
    pub holds: Vec<Hold>,
    /// What the records of usage say that members pay, for runs that are over.
    pub charges: Vec<(RunId, Money)>,
    /// The floors.
    pub floors: Floors,
    /// The balances as they are kept, to be compared with the sums of the entries.
    pub balances: Vec<Line>,
}

/// Reads it.
///
/// # Errors
/// Those of reading.
pub async fn audit(db: &Db, workspace_id: WorkspaceId) -> Result<Audit, StoreError> {
    let query = |sql: &'static str| Query { sql, params: params![workspace_id] };
    let queries = vec![
        query(
            "SELECT e.command_id, e.at, e.reason, e.run_id, e.account, e.currency, e.amount FROM ledger_entries e
             WHERE e.workspace_id = ?1",
        ),
        query(
            "SELECT h.id, h.run_id, h.currency, h.legs, h.expires_at, h.state, h.charge FROM holds h
             WHERE h.workspace_id = ?1 ORDER BY h.id",
        ),
        query(
            "SELECT c.run_id, c.currency, c.amount FROM charges c
             WHERE c.workspace_id = ?1 AND c.settled_at IS NOT NULL ORDER BY c.began_at, c.run_id",
        ),
        query(
            "SELECT b.account, b.currency, b.amount, b.least FROM ledger_balances b
             WHERE b.workspace_id = ?1 ORDER BY b.account, b.currency",
        ),
    ];
    let mut answers = db.snapshot(queries).await?.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let mut audit = Audit {
        entries: next().iter_mut().map(super::read_entry).collect::<Result<_, _>>()?,
        holds: next().iter_mut().map(super::read_hold).collect::<Result<_, _>>()?,
        charges: next().iter_mut().map(read_charge).collect::<Result<_, _>>()?,
        ..Audit::default()
    };
    for mut row in next() {
        let account = row.take::<Word<Account>>()?.0;
        let currency: Currency = row.take()?;
        audit.balances.push(Line { account, money: row.take::<Amount>()?.of(currency) });
        audit.floors.set(account, row.take()?);
    }
    Ok(audit)
}

impl Audit {
    /// The kept balances that are not the sums of their entries: the account, what is kept, and the sum.
    pub fn drift(&self) -> Vec<(Line, Amount)> {
        let mut sums: BTreeMap<(Account, Currency), i128> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| is_kept(entry.account)) {
            let sum = sums.entry((entry.account, entry.money.currency)).or_default();
            *sum += i128::from(entry.money.amount.micros());
        }
        for kept in &self.balances {
            sums.entry((kept.account, kept.money.currency)).or_default();
        }
        let kept: BTreeMap<_, _> = self
            .balances
            .iter()
            .map(|line| ((line.account, line.money.currency), line.money.amount))
            .collect();
        let differing = sums.into_iter().filter_map(|((account, currency), sum)| {
            let kept = kept.get(&(account, currency)).copied().unwrap_or_default();
            let line = Line { account, money: kept.of(currency) };
            let sum_or_most = i64::try_from(sum).map_or(Amount::from_micros(i64::MAX), Amount::from_micros);
            (i128::from(kept.micros()) != sum).then_some((line, sum_or_most))
        });
        differing.collect()
    }
}

fn is_kept(account: Account) -> bool {
    matches!(account, Account::Wallet(_) | Account::Allowance(_))
}

fn read_charge(row: &mut Row) -> Result<(RunId, Money), StoreError> {
    let (run, currency): (RunId, Currency) = (row.take()?, row.take()?);
    Ok((run, row.take::<Amount>()?.of(currency)))
}
