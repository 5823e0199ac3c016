//! Runs: the executions that produce replies.

use db::{Db, Expect, Json, Query, Row, StoreError, Word, Write, params};
use ledger::Basis;
use money::Amount;
use stdx::{MessageId, RunId, ThreadId, Timestamp};
use wire::{Cost, FinishReason, PaidBy, Route, RouteEnding, Run, RunError, RunState, Timings, Usage};

use crate::Scope;

/// Conflicts when the id or the reply is taken; fails as an expectation when the member has no such thread.
pub const INSERT: &str = "run_insert";
/// Fails when the member has no such run, or it has started before.
pub const QUEUED: &str = "run_queued";
/// Fails when the member has no such run, or it is final.
pub const LIVE: &str = "run_live";

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// A final state; a live one is refused by the data.
    pub state: RunState,
    /// Why the model stopped, if it did.
    pub finish_reason: Option<FinishReason>,
    /// What it consumed.
    pub usage: Option<Usage>,
    /// How long it took.
    pub timings: Option<Timings>,
    /// Why it failed or was interrupted.
    pub error: Option<RunError>,
    /// When it ended.
    pub at: Timestamp,
}

/// A run that is not final, with what recovery needs to end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRun {
    /// Whose it is.
    pub scope: Scope,
    /// The run.
    pub run: Run,
    /// True when somebody asked it to stop.
    pub cancel_requested: bool,
}

/// The columns of a run, for a table named `r`, its charge, named `c`, and its route, named `o`.
macro_rules! columns {
    () => {
        "r.id, r.thread_id, r.message_id, r.reply_id, r.agent_id, r.model, r.state, r.finish_reason,
         r.input_tokens, r.cached_tokens, r.output_tokens, r.reasoning_tokens, r.first_token_ms, r.decode_ms,
         r.error_code, r.error_detail, r.created_at, r.finished_at,
         CAST(c.amount + COALESCE((SELECT SUM(s.amount) FROM charges s WHERE s.turn_of = r.id), 0) AS BIGINT), c.currency, c.pay, c.basis,
         CAST(CASE WHEN c.price IS NULL THEN 1 ELSE 0 END AS BIGINT), o.route, o.ending"
    };
}
/// Where [`columns`] come from.
macro_rules! tables {
    () => {
        " FROM runs r LEFT JOIN charges c ON c.run_id = r.id LEFT JOIN routes o ON o.run_id = r.id "
    };
}
pub(crate) use {columns, tables};

/// Accepts a run in a thread of this member. Only what is known at the start is kept; the state is `queued`.
pub fn insert(scope: Scope, run: &Run) -> Write {
    Write {
        name: INSERT,
        sql: "INSERT INTO runs (id, workspace_id, member_id, thread_id, message_id, reply_id, agent_id, model, state,
                                created_at)
              SELECT ?1, t.workspace_id, t.member_id, t.id, ?5, ?6, ?7, ?8, 'queued', ?9 FROM threads t
              WHERE t.workspace_id = ?2 AND t.member_id = ?3 AND t.id = ?4",
        params: params![
            run.id,
            scope.workspace_id,
            scope.member_id,
            run.thread_id,
            run.message_id,
            run.reply_id,
            &run.agent_id,
            &run.model,
            run.created_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// A run of this member.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, scope: Scope, id: RunId) -> Result<Option<Run>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        tables!(),
        "WHERE r.id = ?1 AND r.workspace_id = ?2 AND r.member_id = ?3"
    );
    let query = Query { sql, params: params![id, scope.workspace_id, scope.member_id] };
    db.row(query).await?.as_mut().map(read).transpose()
}

/// The run that writes or wrote a message of this member.
///
/// # Errors
/// Those of reading.
pub async fn of_reply(db: &Db, scope: Scope, reply_id: MessageId) -> Result<Option<Run>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        tables!(),
        "WHERE r.reply_id = ?1 AND r.workspace_id = ?2 AND r.member_id = ?3"
    );
    let query = Query { sql, params: params![reply_id, scope.workspace_id, scope.member_id] };
    db.row(query).await?.as_mut().map(read).transpose()
}

/// The runs of a thread of this member that are not final, the oldest first.
///
/// # Errors
/// Those of reading.
pub async fn live_in_thread(db: &Db, scope: Scope, thread_id: ThreadId) -> Result<Vec<Run>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        tables!(),
        "WHERE r.thread_id = ?1 AND r.workspace_id = ?2 AND r.member_id = ?3
          AND r.finished_at IS NULL ORDER BY r.created_at, r.id"
    );
    let query = Query { sql, params: params![thread_id, scope.workspace_id, scope.member_id] };
    db.rows(query).await?.iter_mut().map(read).collect()
}

/// The runs of all workspaces that are not final, the oldest first: what a start after a crash has to end.
///
/// # Errors
/// Those of reading.
pub async fn live_everywhere(db: &Db) -> Result<Vec<LiveRun>, StoreError> {
    let sql = concat!(
        "SELECT r.workspace_id, r.member_id, r.cancel_requested_at, ",
        columns!(),
        tables!(),
        "WHERE r.finished_at IS NULL ORDER BY r.created_at, r.id"
    );
    let live = |row: &mut Row| {
        let scope = Scope { workspace_id: row.take()?, member_id: row.take()? };
        let cancel_requested = row.take::<Option<Timestamp>>()?.is_some();
        Ok(LiveRun { scope, cancel_requested, run: read(row)? })
    };
    db.rows(Query { sql, params: params![] }).await?.iter_mut().map(live).collect()
}

/// Notes that a model is being called; only a queued run can start.
pub fn set_running(scope: Scope, id: RunId) -> Write {
    Write {
        name: QUEUED,
        sql: "UPDATE runs SET state = 'running'
              WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND state = 'queued'",
        params: params![id, scope.workspace_id, scope.member_id],
        expect: Expect::Changed(1),
    }
}

/// Says that another model answers a run that is not final.
pub fn set_model(scope: Scope, id: RunId, model: &str) -> Write {
    Write {
        name: LIVE,
        sql: "UPDATE runs SET model = ?4
              WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND finished_at IS NULL",
        params: params![id, scope.workspace_id, scope.member_id, model],
        expect: Expect::Changed(1),
    }
}

/// Asks a run to stop. Repeating it changes nothing; a final run stays as it is and counts no row.
pub fn request_cancel(scope: Scope, id: RunId, now: Timestamp) -> Write {
    Write {
        name: "run_request_cancel",
        sql: "UPDATE runs SET cancel_requested_at = COALESCE(cancel_requested_at, ?4)
              WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND finished_at IS NULL",
        params: params![id, scope.workspace_id, scope.member_id, now],
        expect: Expect::Any,
    }
}

/// True when somebody asked this run to stop.
///
/// # Errors
/// Those of reading.
pub async fn is_cancel_requested(db: &Db, scope: Scope, id: RunId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM runs WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3
               AND cancel_requested_at IS NOT NULL";
    let query = Query { sql, params: params![id, scope.workspace_id, scope.member_id] };
    Ok(db.row(query).await?.is_some())
}

/// Ends a run. It happens once: a second end fails as an expectation named [`LIVE`]. Append the last events before
/// it in the same batch, since a final run takes none.
pub fn finish(scope: Scope, id: RunId, finish: &Finish) -> Write {
    let usage = finish.usage;
    let timings = finish.timings;
    let error = finish.error.as_ref();
    Write {
        name: LIVE,
        sql: "UPDATE runs SET state = ?4, finish_reason = ?5, input_tokens = ?6, cached_tokens = ?7,
                output_tokens = ?8, reasoning_tokens = ?9, first_token_ms = ?10, decode_ms = ?11, error_code = ?12,
                error_detail = ?13, finished_at = ?14
              WHERE id = ?1 AND workspace_id = ?2 AND member_id = ?3 AND finished_at IS NULL",
        params: params![
            id,
            scope.workspace_id,
            scope.member_id,
            Word(finish.state),
            finish.finish_reason.map(Word),
            usage.map(|usage| usage.input_tokens),
            usage.map(|usage| usage.cached_tokens),
            usage.map(|usage| usage.output_tokens),
            usage.map(|usage| usage.reasoning_tokens),
            timings.map(|timings| timings.first_token_ms),
            timings.map(|timings| timings.decode_ms),
            error.map(|error| error.code.as_str()),
            error.map(|error| error.detail.as_str()),
            finish.at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Reads [`columns`].
pub(crate) fn read(row: &mut Row) -> Result<Run, StoreError> {
    Ok(Run {
        id: row.take()?,
        thread_id: row.take()?,
        message_id: row.take()?,
        reply_id: row.take()?,
        agent_id: row.take()?,
        model: row.take()?,
        state: row.take::<Word<_>>()?.0,
        finish_reason: row.take::<Option<Word<_>>>()?.map(|word| word.0),
        usage: read_usage(row)?,
        timings: read_timings(row)?,
        error: read_error(row)?,
        created_at: row.take()?,
        finished_at: row.take()?,
        cost: read_cost(row)?,
        route: read_route(row)?,
    })
}

fn read_cost(row: &mut Row) -> Result<Option<Cost>, StoreError> {
    let amount: Option<Amount> = row.take()?;
    let currency: Option<String> = row.take()?;
    let paid_by: Option<Word<PaidBy>> = row.take()?;
    let basis: Option<Word<Basis>> = row.take()?;
    let is_unpriced = row.take::<i64>()? == 1;
    let known = amount.zip(currency).zip(paid_by).zip(basis);
    Ok(known.map(|(((amount, currency), paid_by), basis)| Cost {
        micros: amount.micros(),
        currency,
        paid_by: paid_by.0,
        is_estimated: basis.0 == Basis::Estimated,
        is_unpriced,
    }))
}

fn read_route(row: &mut Row) -> Result<Option<Box<Route>>, StoreError> {
    let route: Option<Json<Route>> = row.take()?;
    let ending: Option<Json<RouteEnding>> = row.take()?;
    Ok(route.map(|Json(route)| Box::new(Route { ending: ending.map(|json| json.0), ..route })))
}

fn read_usage(row: &mut Row) -> Result<Option<Usage>, StoreError> {
    let (input, cached, output) = (row.take()?, row.take()?, row.take()?);
    // Of runs that ended before it was counted it is not known.
    let reasoning_tokens = row.take::<Option<u64>>()?.unwrap_or(0);
    Ok(match (input, cached, output) {
        (Some(input_tokens), Some(cached_tokens), Some(output_tokens)) => {
            Some(Usage { input_tokens, cached_tokens, output_tokens, reasoning_tokens })
        }
        _ => None,
    })
}

fn read_timings(row: &mut Row) -> Result<Option<Timings>, StoreError> {
    let (first, decode) = (row.take()?, row.take()?);
    Ok(match (first, decode) {
        (Some(first_token_ms), Some(decode_ms)) => Some(Timings { first_token_ms, decode_ms }),
        _ => None,
    })
}

fn read_error(row: &mut Row) -> Result<Option<RunError>, StoreError> {
    let code: Option<Word<_>> = row.take()?;
    let detail: Option<String> = row.take()?;
    Ok(code.map(|code| RunError { code: code.0, detail: detail.unwrap_or_default() }))
}
