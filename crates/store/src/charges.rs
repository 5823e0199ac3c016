//! Charges: what each run costs its member. A run that goes on counts with its ceiling, a run that is over with what it
//! was charged. Windows of plans and budgets are sums of these rows, and a batch guards itself by them: between the
//! look and the write nobody else gets in.

mod room;

use catalog::Price;
use db::{Db, Expect, FromValue, Json, Query, Row, StoreError, Value, Word, Write, params};
use ledger::Basis;
use money::{Amount, Currency, Money, Usage};
use plans::{Measure, Pay, Use};
use stdx::{GroupId, KeyId, MemberId, RunId, Timestamp, WorkspaceId};

use crate::Scope;

pub use room::member_must_have_room;
pub use tail::{Tail, open_since, spent_until, tails};
pub(crate) use tail::{read_tail, tail_query};

/// Conflicts when the run has a charge already.
pub const INSERT: &str = "charge_insert";
/// Fails when the run has no charge that is open.
pub const OPEN: &str = "charge_open";
/// Fails when a window of the plan, a budget or the places for runs have become too full.
pub const ROOM: &str = "charge_room";

/// What a run will cost at most, and from when on, by whom and how it is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The run. Calls that keep no thread have one of their own.
    pub run_id: RunId,
    /// Whose it is.
    pub scope: Scope,
    /// The key that asked, if one did.
    pub key_id: Option<KeyId>,
    /// When it began.
    pub began_at: Timestamp,
    /// The agent, if one answers.
    pub agent_id: Option<String>,
    /// The model.
    pub model: String,
    /// The plan that the member held.
    pub plan: String,
    /// What pays.
    pub pay: Pay,
    /// The workspace's currency.
    pub currency: Currency,
    /// The most it can cost; nothing when the model is unpriced.
    pub ceiling: Amount,
    /// The most tokens it can take, in and out.
    pub tokens: u64,
    /// The price as it was; absent when the model is unpriced.
    pub price: Option<Price>,
}

/// What a run did cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// When.
    pub at: Timestamp,
    /// What the member pays.
    pub amount: Amount,
    /// What it was measured by.
    pub basis: Basis,
    /// What was used.
    pub usage: Usage,
    /// What providers cost, one for each attempt, each in its own currency.
    pub costs: Vec<Money>,
}

/// A charge as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeState {
    /// From its beginning.
    pub charge: Charge,
    /// From its end.
    pub settled: Option<Settled>,
}

/// A sum that must not pass a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted.
    pub measure: Measure,
    /// Runs that began after this instant count.
    pub since: Timestamp,
    /// What may have been used before, so that there is room for one more.
    pub most: u64,
}

/// Whose runs are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// One member's.
    Member(Scope),
    /// One key's.
    Key(WorkspaceId, KeyId),
    /// Those of all who are in a group now.
    Group(WorkspaceId, GroupId),
    /// Everybody's.
    Workspace(WorkspaceId),
}

/// A sum of charges, whose it is being `?1` and `?2`, that began after `?3`.
macro_rules! total {
    ($what:literal, $whose:literal) => {
        concat!(
            "SELECT CAST(COALESCE(SUM(",
            $what,
            "), 0) AS BIGINT) FROM charges c WHERE c.workspace_id = ?1 AND ",
            $whose,
            " AND c.began_at > ?3"
        )
    };
}

/// The same of runs that are over.
macro_rules! settled {
    ($what:literal, $whose:literal) => {
        concat!(total!($what, $whose), " AND c.settled_at IS NOT NULL")
    };
}

/// One row when the sum is at most `?4`.
macro_rules! guard {
    ($what:literal, $whose:literal) => {
        concat!("SELECT 1 FROM workspaces w WHERE w.id = ?1 AND (", total!($what, $whose), ") <= ?4")
    };
}

/// The statement for a measure of somebody's runs.
macro_rules! measured {
    ($form:ident, $measure:expr, $whose:literal) => {
        match $measure {
            Measure::Credits => $form!("c.credits", $whose),
            Measure::Tokens => $form!("c.tokens", $whose),
            Measure::Requests => $form!("1", $whose),
        }
    };
}

/// The statement for a measure, whoever's runs are counted.
macro_rules! counted {
    ($form:ident, $counted:expr, $measure:expr) => {
        match $counted {
            Counted::Member(_) => measured!($form, $measure, "c.member_id = ?2"),
            Counted::Key(..) => measured!($form, $measure, "c.key_id = ?2"),
            Counted::Group(..) => measured!(
                $form,
                $measure,
                "c.member_id IN (SELECT j.member_id FROM group_members j
                   WHERE j.group_id = ?2 AND j.workspace_id = ?1)"
            ),
            Counted::Workspace(_) => measured!($form, $measure, "?2 <> ''"),
        }
    };
}

mod tail;

macro_rules! columns {
    () => {
        "c.run_id, c.workspace_id, c.member_id, c.key_id, c.began_at, c.agent_id, c.model, c.plan, c.pay, c.currency,
         c.credits, c.tokens, c.price, c.settled_at, c.amount, c.basis, c.usage, c.costs"
    };
}

/// Keeps a charge that is open.
pub fn insert(charge: &Charge) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO charges (run_id, workspace_id, member_id, key_id, began_at, agent_id, model, plan, pay,
                                   currency, credits, tokens, price)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params: params![
            charge.run_id,
            charge.scope.workspace_id,
            charge.scope.member_id,
            charge.key_id,
            charge.began_at,
            charge.agent_id.as_deref(),
            &charge.model,
            &charge.plan,
            Word(charge.pay),
            charge.currency,
            charge.ceiling,
            charge.tokens,
            charge.price.as_ref().map(Json),
        ],
        expect: Expect::Changed(1),
    }
}

/// Says what a run did cost; it happens once. From now on it counts with that.
pub fn settle(scope: Scope, run_id: RunId, settled: &Settled) -> Write {
    Write {
        name: OPEN,
        sql: "UPDATE charges SET settled_at = ?4, amount = ?5, basis = ?6, usage = ?7, costs = ?8, credits = ?5,
                tokens = ?9
              WHERE run_id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND settled_at IS NULL",
        params: params![
            run_id,
            scope.workspace_id,
            scope.member_id,
            settled.at,
            settled.amount,
            Word(settled.basis),
            Json(&settled.usage),
            Json(&settled.costs),
            settled.usage.total_tokens(),
        ],
        expect: Expect::Changed(1),
    }
}

/// Says that another model answers than what is held was reckoned for; while the charge is open.
pub fn answered_by(scope: Scope, run_id: RunId, model: &str) -> Write {
    Write {
        name: OPEN,
        sql: "UPDATE charges SET model = ?4
              WHERE run_id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND settled_at IS NULL",
        params: params![run_id, scope.workspace_id, scope.member_id, model],
        expect: Expect::Changed(1),
    }
}

/// Fails as an expectation named [`ROOM`] when more than the limit was used or is held.
pub fn must_have_room(counted: Counted, limit: Limit) -> Write {
    let sql = counted!(guard, counted, limit.measure);
    let (workspace_id, subject) = counted.names();
    Write {
        name: ROOM,
        sql,
        params: params![workspace_id, subject, limit.since, limit.most],
        expect: Expect::Changed(1),
    }
}

/// The charge of a run of this member.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope, run_id: RunId) -> Result<Option<ChargeState>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM charges c WHERE c.run_id = ?1 AND c.workspace_id = ?2 AND c.member_id = ?3"
    );
    let query = Query { sql, params: params![run_id, scope.workspace_id, scope.member_id] };
    db.row(query).await?.as_mut().map(read).transpose()
}

/// Says that a charge is of a later step of a run.
pub fn set_turn(scope: Scope, step: RunId, run_id: RunId) -> Write {
    Write {
        name: OPEN,
        sql: "UPDATE charges SET turn_of = ?4
              WHERE run_id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND settled_at IS NULL",
        params: params![step, scope.workspace_id, scope.member_id, run_id],
        expect: Expect::Changed(1),
    }
}

/// The charge of a later step of a run of this member that is open.
///
/// # Errors
/// Those of reading.
pub async fn open_of_turn(db: &Db, scope: Scope, run_id: RunId) -> Result<Option<ChargeState>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM charges c WHERE c.turn_of = ?1 AND c.workspace_id = ?2 AND c.member_id = ?3
          AND c.settled_at IS NULL"
    );
    let query = Query { sql, params: params![run_id, scope.workspace_id, scope.member_id] };
    db.row(query).await?.as_mut().map(read).transpose()
}

/// The charge of a run, whoever's it is.
///
/// # Errors
/// Those of reading.
pub async fn of_run(
    db: &Db,
    workspace_id: WorkspaceId,
    run_id: RunId,
) -> Result<Option<ChargeState>, StoreError> {
    let sql = concat!("SELECT ", columns!(), " FROM charges c WHERE c.run_id = ?1 AND c.workspace_id = ?2");
    let query = Query { sql, params: params![run_id, workspace_id] };
    db.row(query).await?.as_mut().map(read).transpose()
}

/// The charges of a member's runs that began in a stretch of time, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn between(
    db: &Db,
    scope: Scope,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<ChargeState>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM charges c WHERE c.workspace_id = ?1 AND c.member_id = ?2 AND c.began_at >= ?3 AND c.began_at < ?4
          ORDER BY c.began_at, c.run_id"
    );
    let query = Query { sql, params: params![scope.workspace_id, scope.member_id, from, until] };
    db.rows(query).await?.iter_mut().map(read).collect()
}

/// The open charges of all workspaces, the oldest first: what a start after a crash has to settle.
///
/// # Errors
/// Those of reading.
pub async fn open_everywhere(db: &Db) -> Result<Vec<ChargeState>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM charges c WHERE c.settled_at IS NULL ORDER BY c.began_at, c.run_id"
    );
    db.rows(Query { sql, params: params![] }).await?.iter_mut().map(read).collect()
}

/// What was spent since an instant, and what is held, each of these.
///
/// # Errors
/// Those of reading.
pub async fn spent(db: &Db, wanted: &[(Counted, Timestamp)]) -> Result<Vec<Amount>, StoreError> {
    let query = |(counted, since): &(Counted, Timestamp)| {
        counted.query(counted!(total, *counted, Measure::Credits), *since)
    };
    sums(db, wanted.iter().map(query).collect()).await
}

/// What runs used that are over, each of these.
///
/// # Errors
/// Those of reading.
pub async fn settled_use(db: &Db, wanted: &[(Counted, Measure, Timestamp)]) -> Result<Vec<u64>, StoreError> {
    let query = |(counted, measure, since): &(Counted, Measure, Timestamp)| {
        counted.query(counted!(settled, *counted, *measure), *since)
    };
    sums(db, wanted.iter().map(query).collect()).await
}

/// Who had runs since an instant, under which plan and with which key: as often as they had some.
///
/// # Errors
/// Those of reading.
pub async fn busy_since(
    db: &Db,
    workspace_id: WorkspaceId,
    since: Timestamp,
) -> Result<Vec<(MemberId, String, Option<KeyId>)>, StoreError> {
    let sql = "SELECT c.member_id, c.plan, c.key_id FROM charges c
               WHERE c.workspace_id = ?1 AND c.began_at > ?2";
    let read = |row: &mut Row| Ok((row.take()?, row.take()?, row.take()?));
    db.rows(Query { sql, params: params![workspace_id, since] }).await?.iter_mut().map(read).collect()
}

/// What each run of a member used that began after an instant, the oldest first; and how many of them go on.
///
/// # Errors
/// Those of reading.
pub async fn uses(db: &Db, scope: Scope, since: Timestamp) -> Result<(Vec<Use>, u32), StoreError> {
    let (uses, running, _) = read_uses(db.rows(uses_query(scope, since)).await?)?;
    Ok((uses, running))
}

/// For [`uses`], and for those who read more at the same instant.
pub(crate) fn uses_query(scope: Scope, since: Timestamp) -> Query {
    let sql = "SELECT (SELECT COUNT(*) FROM charges o
                 WHERE o.workspace_id = ?1 AND o.member_id = ?2 AND o.settled_at IS NULL),
                 c.began_at, c.credits, c.tokens, c.settled_at
               FROM members m
               LEFT JOIN charges c ON c.workspace_id = m.workspace_id AND c.member_id = m.id AND c.began_at > ?3
               WHERE m.id = ?2 AND m.workspace_id = ?1 ORDER BY c.began_at, c.run_id";
    Query { sql, params: params![scope.workspace_id, scope.member_id, since] }
}

/// Reads the answer to [`uses_query`]: a row for each run, and one without a run when there is none. What was used, how many
/// runs go on, and when the first of these began that go on.
pub(crate) fn read_uses(rows: Vec<Row>) -> Result<(Vec<Use>, u32, Option<Timestamp>), StoreError> {
    let (mut uses, mut running, mut open_since) = (Vec::with_capacity(rows.len()), 0, None);
    for mut row in rows {
        running = row.take::<u64>()?;
        if let Some(at) = row.take()? {
            uses.push(Use { at, credits: row.take()?, tokens: row.take()?, requests: 1 });
            // They come in the order in which they began.
            let settled_at: Option<Timestamp> = row.take()?;
            open_since = open_since.or(settled_at.is_none().then_some(at));
        }
    }
    Ok((uses, u32::try_from(running).unwrap_or(u32::MAX), open_since))
}

impl Counted {
    fn names(self) -> (WorkspaceId, Value) {
        match self {
            Self::Member(scope) => (scope.workspace_id, scope.member_id.into()),
            Self::Key(workspace_id, key_id) => (workspace_id, key_id.into()),
            Self::Group(workspace_id, group_id) => (workspace_id, group_id.into()),
            Self::Workspace(workspace_id) => (workspace_id, "all".into()),
        }
    }

    fn query(self, sql: &'static str, since: Timestamp) -> Query {
        let (workspace_id, subject) = self.names();
        Query { sql, params: params![workspace_id, subject, since] }
    }
}

/// The one number of each query.
async fn sums<T: FromValue>(db: &Db, queries: Vec<Query>) -> Result<Vec<T>, StoreError> {
    let answers = db.snapshot(queries).await?;
    let none = || StoreError::other("a sum without an answer");
    answers.into_iter().map(|mut rows| rows.first_mut().ok_or_else(none)?.take()).collect()
}

/// Reads [`columns`].
fn read(row: &mut Row) -> Result<ChargeState, StoreError> {
    let charge = Charge {
        run_id: row.take()?,
        scope: Scope { workspace_id: row.take()?, member_id: row.take()? },
        key_id: row.take()?,
        began_at: row.take()?,
        agent_id: row.take()?,
        model: row.take()?,
        plan: row.take()?,
        pay: row.take::<Word<_>>()?.0,
        currency: row.take()?,
        ceiling: row.take()?,
        tokens: row.take()?,
        price: row.take::<Option<Json<_>>>()?.map(|json| json.0),
    };
    let at: Option<Timestamp> = row.take()?;
    let amount: Option<Amount> = row.take()?;
    let basis: Option<Word<Basis>> = row.take()?;
    let usage: Option<Json<Usage>> = row.take()?;
    let costs: Option<Json<Vec<Money>>> = row.take()?;
    let settled = at.zip(amount).zip(basis).zip(usage).map(|(((at, amount), basis), usage)| Settled {
        at,
        amount,
        basis: basis.0,
        usage: usage.0,
        costs: costs.map(|json| json.0).unwrap_or_default(),
    });
    Ok(ChargeState { charge, settled })
}
