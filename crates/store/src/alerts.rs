//! Alerts: somebody has used so much of a limit that they are told. There is one for each threshold of each limit in each
//! of its periods, however often it is noted, and each reader puts it away for themselves.

use db::{Db, Expect, Query, Row, StoreError, Word, Write, params};
use plans::{Measure, Period};
use serde::{Deserialize, Serialize};
use stdx::{AlertId, MemberId, Timestamp, WorkspaceId};

use crate::Scope;

/// Fails when there is no such alert for this reader.
pub const FOUND: &str = "alert_found";

/// What kind of limit it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertScope {
    /// An allowance of a member's plan.
    Plan,
    /// The budget of a key.
    Key,
    /// The budget of a member.
    Member,
    /// The budget of a group.
    Group,
    /// The budget of the workspace.
    Workspace,
}

/// Much of a limit is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Where.
    pub workspace_id: WorkspaceId,
    /// Whose limit it is; absent when it is one of many.
    pub member_id: Option<MemberId>,
    /// What kind of limit it is.
    pub scope: AlertScope,
    /// The id of the key, the member, the group or the workspace.
    pub subject_id: String,
    /// What that was called.
    pub name: String,
    /// A window (`5h`, `day`, `month`) or the term of a budget (`day`, `month`, `once`).
    pub stretch: String,
    /// What is counted.
    pub measure: Measure,
    /// The threshold.
    pub percent: u32,
    /// What was used when it was noted: micro-units for credits.
    pub used: u64,
    /// The limit.
    pub most: u64,
    /// The period it is about; absent when there is but one.
    pub period: Option<Period>,
    /// When it was noted.
    pub at: Timestamp,
}

/// Who reads alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody who sees what is theirs.
    Member(Scope),
    /// Somebody who runs the workspace: what is theirs, and every budget.
    Admin(Scope),
}

/// A reader's alerts that they have not put away: `?1` is the workspace, `?2` the reader.
macro_rules! visible {
    ($whose:literal, $rest:literal) => {
        concat!(
            "SELECT a.id, a.workspace_id, a.member_id, a.scope, a.subject_id, a.name, a.stretch, a.measure, a.percent,
                    a.used, a.most, a.period_begin, a.period_end, a.at
             FROM alerts a WHERE a.workspace_id = ?1 AND ",
            $whose,
            " AND NOT EXISTS (
                SELECT 1 FROM alert_dismissals d WHERE d.alert_id = a.id AND d.member_id = ?2) AND ",
            $rest
        )
    };
}

macro_rules! dismiss {
    ($whose:literal) => {
        concat!(
            "INSERT INTO alert_dismissals (alert_id, member_id)
             SELECT l.id, ?2 FROM alerts a JOIN alerts l ON l.workspace_id = a.workspace_id AND l.scope = a.scope
               AND l.subject_id = a.subject_id AND l.stretch = a.stretch AND l.measure = a.measure AND l.most = a.most
               AND l.period_begin = a.period_begin AND l.percent <= a.percent
             WHERE a.id = ?3 AND a.workspace_id = ?1 AND ",
            $whose,
            " ON CONFLICT (alert_id, member_id) DO NOTHING"
        )
    };
}

/// Notes an alert. One that was noted before stays as it was.
pub fn insert(alert: &Alert) -> Write {
    Write {
        name: "alert_insert",
        sql: "INSERT INTO alerts (id, workspace_id, member_id, scope, subject_id, name, stretch, measure, percent, used,
                                  most, period_begin, period_end, at)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
              ON CONFLICT (workspace_id, scope, subject_id, stretch, measure, most, period_begin, percent) DO NOTHING",
        params: params![
            alert.id,
            alert.workspace_id,
            alert.member_id,
            Word(alert.scope),
            &alert.subject_id,
            &alert.name,
            &alert.stretch,
            word(alert.measure),
            alert.percent,
            alert.used,
            alert.most,
            alert.period_begin(),
            alert.period.map(|period| period.end),
            alert.at,
        ],
        expect: Expect::Any,
    }
}

/// Puts an alert away for its reader, with those of lower thresholds of the same limit and period. Two writes: the first
/// one checks that it is there for them.
pub fn dismiss(reader: Reader, id: AlertId) -> [Write; 2] {
    let scope = reader.scope();
    let params = params![scope.workspace_id, scope.member_id, id];
    let (found, sql) = match reader {
        Reader::Member(_) => (
            "SELECT 1 FROM alerts a WHERE a.id = ?3 AND a.workspace_id = ?1 AND a.member_id = ?2",
            dismiss!("a.member_id = ?2"),
        ),
        Reader::Admin(_) => (
            "SELECT 1 FROM alerts a WHERE a.id = ?3 AND a.workspace_id = ?1 AND (a.scope <> 'plan' OR a.member_id = ?2)",
            dismiss!("(a.scope <> 'plan' OR a.member_id = ?2)"),
        ),
    };
    [
        Write { name: FOUND, sql: found, params: params.clone(), expect: Expect::Changed(1) },
        Write { name: "alert_dismiss", sql, params, expect: Expect::Any },
    ]
}

/// The thresholds of an alert's limit that were noted in its period.
///
/// # Errors
/// Those of reading.
pub async fn noted(db: &Db, alert: &Alert) -> Result<Vec<u32>, StoreError> {
    let sql =
        "SELECT a.percent FROM alerts a WHERE a.workspace_id = ?1 AND a.scope = ?2 AND a.subject_id = ?3
               AND a.stretch = ?4 AND a.measure = ?5 AND a.most = ?6 AND a.period_begin = ?7";
    let params = params![
        alert.workspace_id,
        Word(alert.scope),
        &alert.subject_id,
        &alert.stretch,
        word(alert.measure),
        alert.most,
        alert.period_begin(),
    ];
    db.rows(Query { sql, params }).await?.iter_mut().map(Row::take).collect()
}

/// The alerts that a reader has not put away and that are younger than an instant, the newest first.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, reader: Reader, since: Timestamp, most: u32) -> Result<Vec<Alert>, StoreError> {
    let scope = reader.scope();
    let sql = match reader {
        Reader::Member(_) => {
            visible!("a.member_id = ?2", "a.at > ?3 ORDER BY a.at DESC, a.id DESC LIMIT ?4")
        }
        Reader::Admin(_) => visible!(
            "(a.scope <> 'plan' OR a.member_id = ?2)",
            "a.at > ?3 ORDER BY a.at DESC, a.id DESC LIMIT ?4"
        ),
    };
    let query = Query { sql, params: params![scope.workspace_id, scope.member_id, since, most] };
    db.rows(query).await?.iter_mut().map(read).collect()
}

impl Alert {
    /// One that goes on for ever began at no time in particular.
    fn period_begin(&self) -> Timestamp {
        self.period.map_or(Timestamp::from_micros(0), |period| period.begin)
    }
}

impl Reader {
    fn scope(self) -> Scope {
        match self {
            Self::Member(scope) | Self::Admin(scope) => scope,
        }
    }
}

pub(crate) fn word(measure: Measure) -> &'static str {
    match measure {
        Measure::Credits => "credits",
        Measure::Tokens => "tokens",
        Measure::Requests => "requests",
    }
}

/// Reads [`visible`].
fn read(row: &mut Row) -> Result<Alert, StoreError> {
    let (id, workspace_id, member_id) = (row.take()?, row.take()?, row.take()?);
    let (scope, subject_id, name) = (row.take::<Word<_>>()?.0, row.take()?, row.take()?);
    let (stretch, measure): (String, String) = (row.take()?, row.take()?);
    let measure = match measure.as_str() {
        "credits" => Measure::Credits,
        "tokens" => Measure::Tokens,
        "requests" => Measure::Requests,
        other => return Err(StoreError::other(format!("an alert counts {other:?}"))),
    };
    let (percent, used, most) = (row.take()?, row.take()?, row.take()?);
    let (begin, end): (Timestamp, Option<Timestamp>) = (row.take()?, row.take()?);
    let period = end.map(|end| Period { begin, end });
    let at = row.take()?;
    Ok(Alert {
        id,
        workspace_id,
        member_id,
        scope,
        subject_id,
        name,
        stretch,
        measure,
        percent,
        used,
        most,
        period,
        at,
    })
}
