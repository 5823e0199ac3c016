//! Subscriptions: which plan a member holds beside the plan of their role. Every change says which version it saw, so that
//! two changes at once, by whatever processes, are one change and one refusal.

use db::{Db, Expect, Query, Row, StoreError, Value, Word, Write, params};
use ledger::Account;
use money::{Amount, Currency, Money};
use plans::{Next, Period, Subscription};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use crate::Scope;
use crate::ledger::Sheet;

/// Conflicts when the member has a subscription already; fails as an expectation when it is not as it was seen, or there is
/// no such member.
pub const SUBSCRIPTION: &str = "subscription";
/// Conflicts when the member has tried the plan before.
pub const TRIAL: &str = "plan_trial";

/// A member's subscription as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose it is.
    pub scope: Scope,
    /// How often it was changed.
    pub version: u64,
    /// How it came about.
    pub kind: HeldKind,
    /// Plan, period, and what comes next.
    pub subscription: Subscription,
    /// The currency in which it was paid.
    pub currency: Currency,
    /// When and why it was over; absent while it goes on.
    pub ended: Option<Ended>,
}

/// How a subscription came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldKind {
    /// The member paid.
    Paid,
    /// The member tries it.
    Trial,
    /// An admin or a voucher gave it.
    Given,
}

/// The end of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub because: Because,
}

/// Why a subscription is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The wallet had too little for the next period.
    Unpaid,
    /// The member wanted it so.
    Cancelled,
    /// The plan is not offered any more.
    PlanGone,
    /// What was given for a time is over, or was taken back.
    Over,
}

impl Held {
    /// True while it goes on, whether or not its period is over.
    pub fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    /// True when its period is over and nobody has seen to it yet.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.is_live() && self.subscription.period.end <= now
    }

    /// What was paid for the period.
    pub fn paid(&self) -> Money {
        self.subscription.paid.of(self.currency)
    }
}

macro_rules! columns {
    () => {
        "s.workspace_id, s.member_id, s.version, s.kind, s.plan, s.anchor, s.every, s.begins_at, s.ends_at, s.paid,
         s.currency, s.next, s.next_plan, s.ended_at, s.ended_because"
    };
}

/// Keeps a subscription of a member who has none.
pub fn insert(held: &Held) -> Write {
    Write {
        name: SUBSCRIPTION,
        sql: "INSERT INTO subscriptions (member_id, workspace_id, version, kind, plan, anchor, every, begins_at, ends_at,
                                         paid, currency, next, next_plan, ended_at, ended_because)
              SELECT m.id, m.workspace_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
              FROM members m WHERE m.id = ?1 AND m.workspace_id = ?2",
        params: values(held),
        expect: Expect::Changed(1),
    }
}

/// Puts a subscription into the place of the one before it: `held.version` is one more than was seen.
pub fn update(held: &Held) -> Write {
    Write {
        name: SUBSCRIPTION,
        sql: "UPDATE subscriptions SET version = ?3, kind = ?4, plan = ?5, anchor = ?6, every = ?7, begins_at = ?8,
                ends_at = ?9, paid = ?10, currency = ?11, next = ?12, next_plan = ?13, ended_at = ?14, ended_because = ?15
              WHERE member_id = ?1 AND workspace_id = ?2 AND version = ?3 - 1",
        params: values(held),
        expect: Expect::Changed(1),
    }
}

/// Notes that a member tries a plan; it happens once.
pub fn insert_trial(scope: Scope, plan: &str, at: Timestamp) -> Write {
    Write {
        name: TRIAL,
        sql: "INSERT INTO plan_trials (member_id, workspace_id, plan, at)
              SELECT m.id, m.workspace_id, ?3, ?4 FROM members m WHERE m.id = ?1 AND m.workspace_id = ?2",
        params: params![scope.member_id, scope.workspace_id, plan, at],
        expect: Expect::Changed(1),
    }
}

/// What a member has.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Their subscription, also one that is over.
    pub held: Option<Held>,
    /// Their own accounts: enough to decide commands whose ids are made just now, for a run that has no hold yet. (One that has
    /// is a conflict when its second one is kept.)
    pub sheet: Sheet,
}

/// All that it takes to know what a member holds, of one instant, in one look.
///
/// # Errors
/// Those of reading.
pub async fn standing(db: &Db, scope: Scope) -> Result<Standing, StoreError> {
    read_standing(scope, db.rows(standing_query(scope)).await?)
}

/// For [`standing`], and for those who read more at the same instant.
pub(crate) fn standing_query(scope: Scope) -> Query {
    let sql = concat!(
        "SELECT b.account, b.currency, b.amount, b.least, ",
        columns!(),
        " FROM members m
          LEFT JOIN ledger_balances b ON b.workspace_id = m.workspace_id AND b.account IN (?3, ?4)
          LEFT JOIN subscriptions s ON s.member_id = m.id AND s.workspace_id = m.workspace_id
          WHERE m.id = ?1 AND m.workspace_id = ?2"
    );
    let accounts = [Account::Wallet(scope.member_id), Account::Allowance(scope.member_id)];
    let [wallet, allowance] = accounts.map(|account| account.to_string());
    Query { sql, params: params![scope.member_id, scope.workspace_id, wallet, allowance] }
}

/// Reads the answer to [`standing_query`].
pub(crate) fn read_standing(scope: Scope, rows: Vec<Row>) -> Result<Standing, StoreError> {
    let mut standing = Standing { held: None, sheet: Sheet::empty(scope.workspace_id) };
    for mut row in rows {
        let (account, currency): (Option<Word<Account>>, Option<Currency>) = (row.take()?, row.take()?);
        let (amount, least): (Option<Amount>, Option<Amount>) = (row.take()?, row.take()?);
        if let (Some(account), Some(currency), Some(amount), Some(least)) = (account, currency, amount, least)
        {
            standing.sheet.add_balance(account.0, currency, amount, least);
        }
        standing.held = read_joined(&mut row)?;
    }
    Ok(standing)
}

/// The subscriptions of all workspaces whose period is over, the one that is over for longest first, at most `most`. Those of
/// suspended members wait until they are let in again.
///
/// # Errors
/// Those of reading.
pub async fn due(db: &Db, now: Timestamp, most: u32) -> Result<Vec<Held>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM subscriptions s JOIN members m ON m.id = s.member_id
          WHERE s.ended_at IS NULL AND s.ends_at <= ?1 AND m.suspended_at IS NULL
          ORDER BY s.ends_at, s.member_id LIMIT ?2"
    );
    db.rows(Query { sql, params: params![now, most] }).await?.iter_mut().map(read).collect()
}

/// The plans that a member has tried.
///
/// # Errors
/// Those of reading.
pub async fn tried(db: &Db, scope: Scope) -> Result<Vec<String>, StoreError> {
    let sql =
        "SELECT t.plan FROM plan_trials t WHERE t.member_id = ?1 AND t.workspace_id = ?2 ORDER BY t.plan";
    let query = Query { sql, params: params![scope.member_id, scope.workspace_id] };
    db.rows(query).await?.iter_mut().map(Row::take).collect()
}

fn values(held: &Held) -> Vec<Value> {
    let Subscription { plan, anchor, every, period, paid, next } = &held.subscription;
    let (word, next_plan) = match next {
        Next::Renew => ("renew", None),
        Next::Change(plan) => ("change", Some(plan.as_str())),
        Next::End => ("end", None),
    };
    params![
        held.scope.member_id,
        held.scope.workspace_id,
        held.version,
        Word(held.kind),
        plan,
        *anchor,
        Word(*every),
        period.begin,
        period.end,
        *paid,
        held.currency,
        word,
        next_plan,
        held.ended.map(|ended| ended.at),
        held.ended.map(|ended| Word(ended.because)),
    ]
}

/// Reads [`columns`].
fn read(row: &mut Row) -> Result<Held, StoreError> {
    read_joined(row)?.ok_or_else(|| StoreError::other("a subscription of no workspace"))
}

/// Reads [`columns`] of a row that may not be there.
fn read_joined(row: &mut Row) -> Result<Option<Held>, StoreError> {
    let Some(workspace_id) = row.take()? else { return Ok(None) };
    let scope = Scope { workspace_id, member_id: row.take()? };
    let (version, kind) = (row.take()?, row.take::<Word<_>>()?.0);
    let (plan, anchor, every) = (row.take()?, row.take()?, row.take::<Word<_>>()?.0);
    let period = Period { begin: row.take()?, end: row.take()? };
    let (paid, currency) = (row.take()?, row.take()?);
    let (next, next_plan): (String, Option<String>) = (row.take()?, row.take()?);
    let next = match (next.as_str(), next_plan) {
        ("renew", None) => Next::Renew,
        ("change", Some(plan)) => Next::Change(plan),
        ("end", None) => Next::End,
        (other, _) => return Err(StoreError::other(format!("next of a subscription is {other:?}"))),
    };
    let (at, because): (Option<Timestamp>, Option<Word<Because>>) = (row.take()?, row.take()?);
    let ended = at.zip(because).map(|(at, because)| Ended { at, because: because.0 });
    let subscription = Subscription { plan, anchor, every, period, paid, next };
    Ok(Some(Held { scope, version, kind, subscription, currency, ended }))
}
