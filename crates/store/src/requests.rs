//! Requests to models, when they are over. What they cost stands with their charges and is read along.

use db::{Cursor, Db, Expect, Json, Keyset, Page, Query, Row, StoreError, Value, Word, Write, params};
use money::{Amount, Money, Usage};
use stdx::{KeyId, MemberId, RunId, Timestamp, WorkspaceId};
use traffic::{Came, Glance, Record, Texts};
use wire::RunState;

/// Which requests are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who asked.
    pub member: Option<MemberId>,
    /// The key.
    pub key: Option<KeyId>,
    /// The model that answered, or would have.
    pub model: Option<String>,
    /// The way by which they came.
    pub face: Option<String>,
    /// What came of them.
    pub failed: Failed,
    /// They began then or later.
    pub from: Option<Timestamp>,
    /// They began before.
    pub until: Option<Timestamp>,
}

/// Whether only those are wanted that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Failed {
    /// All.
    #[default]
    Whatever,
    /// Those that went wrong.
    Somehow,
    /// Those that went wrong in this way.
    With(String),
}

/// A request as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRequest {
    /// The request. Its texts are read apart.
    pub record: Record,
    /// The name of whoever asked; absent when they were removed.
    pub member_name: Option<String>,
    /// The name of the key.
    pub key_name: Option<String>,
    /// What it cost its member and what it used; absent when nothing was settled.
    pub settled: Option<(Money, Usage)>,
}

macro_rules! columns {
    () => {
        "SELECT r.id, r.workspace_id, r.member_id, r.key_id, r.at, r.face, r.agent_id, r.asked, r.model, r.vendor,
                r.policy, r.state, r.finish_reason, r.error_code, r.first_token_ms, r.took_ms, r.attempts, r.trace_id,
                m.name, k.name, c.amount, c.currency, c.usage
         FROM requests r
         LEFT JOIN members m ON m.id = r.member_id AND m.workspace_id = r.workspace_id
         LEFT JOIN api_keys k ON k.id = r.key_id AND k.workspace_id = r.workspace_id
         LEFT JOIN charges c ON c.run_id = r.id AND c.workspace_id = r.workspace_id
         WHERE r.workspace_id = ?1 AND "
    };
}

macro_rules! page {
    ($which:literal) => {
        concat!(
            columns!(),
            $which,
            " AND (r.at, r.id) < (?2, ?3) AND (r.at, r.id) > (?5, '') AND (?6 = '' OR r.key_id = ?6)
              AND (?7 = '' OR r.model = ?7) AND (?8 = '' OR r.face = ?8) AND (?9 = '' OR r.error_code = ?9)
              ORDER BY r.at DESC, r.id DESC LIMIT ?4"
        )
    };
}

/// Keeps a request, unless it is there.
pub fn insert(record: &Record) -> Write {
    let Came { state, finish, error } = record.came;
    Write {
        name: "request",
        sql: "INSERT INTO requests (id, workspace_id, member_id, key_id, at, face, agent_id, asked, model, vendor, policy,
                state, finish_reason, error_code, first_token_ms, took_ms, attempts, trace_id)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
              ON CONFLICT (id) DO NOTHING",
        params: params![
            record.id,
            record.workspace_id,
            record.member_id,
            record.key_id,
            record.at,
            &record.face,
            record.agent_id.as_deref(),
            &record.asked,
            &record.model,
            record.vendor.as_deref(),
            record.policy.as_deref(),
            Word(state),
            finish.map(Word),
            error.map(Word),
            record.first_token_ms,
            record.took_ms,
            Some(&record.attempts).filter(|attempts| !attempts.is_empty()).map(Json),
            record.trace_id.as_deref(),
        ],
        expect: Expect::Any,
    }
}

/// Keeps what was said in a request that is kept by now, or by a write before.
pub fn insert_texts(record: &Record, texts: &Texts) -> Write {
    Write {
        name: "request_texts",
        sql: "INSERT INTO request_texts (request_id, workspace_id, at, asked, answered)
              VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (request_id) DO NOTHING",
        params: params![record.id, record.workspace_id, record.at, &texts.asked, &texts.answered],
        expect: Expect::Any,
    }
}

/// Deletes some of the oldest requests that began before an instant, and what was said in them.
pub fn prune(workspace_id: WorkspaceId, before: Timestamp, most: u32) -> Write {
    Write {
        name: "requests_pruned",
        sql: "DELETE FROM requests WHERE id IN (SELECT r.id FROM requests r
                WHERE r.workspace_id = ?1 AND r.at < ?2 ORDER BY r.at, r.id LIMIT ?3)",
        params: params![workspace_id, before, most],
        expect: Expect::Any,
    }
}

/// Deletes some of what was said in the oldest requests that began before an instant.
pub fn prune_texts(workspace_id: WorkspaceId, before: Timestamp, most: u32) -> Write {
    Write {
        name: "request_texts_pruned",
        sql: "DELETE FROM request_texts WHERE request_id IN (SELECT t.request_id FROM request_texts t
                WHERE t.workspace_id = ?1 AND t.at < ?2 ORDER BY t.at, t.request_id LIMIT ?3)",
        params: params![workspace_id, before, most],
        expect: Expect::Any,
    }
}

/// Requests of a workspace, the latest first.
///
/// # Errors
/// Those of reading.
pub async fn page(
    db: &Db,
    workspace_id: WorkspaceId,
    filter: &Filter,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<KeptRequest>, StoreError> {
    let is_any = filter.failed == Failed::Whatever;
    let sql = match (filter.member, is_any) {
        (None, true) => page!("?10 = ''"),
        (None, false) => page!("r.error_code IS NOT NULL AND ?10 = ''"),
        (Some(_), true) => page!("r.member_id = ?10"),
        (Some(_), false) => page!("r.member_id = ?10 AND r.error_code IS NOT NULL"),
    };
    // What began before an instant begins behind it in the list.
    let end = filter.until.map(|until| Cursor::at(until, ""));
    let before = match (before, &end) {
        (Some(before), Some(end)) if end.is_behind(before) => Some(end),
        (before, end) => before.or(end.as_ref()),
    };
    let keyset = Keyset::new(before, limit);
    let Keyset { before, before_id, limit, .. } = &keyset;
    let code = match &filter.failed {
        Failed::With(code) => code.as_str(),
        Failed::Whatever | Failed::Somehow => "",
    };
    let params = params![
        workspace_id,
        before.clone(),
        before_id.clone(),
        limit.clone(),
        filter.from.unwrap_or(Timestamp::from_micros(0)),
        filter.key.map_or_else(|| Value::from(""), Value::from),
        filter.model.as_deref().unwrap_or_default(),
        filter.face.as_deref().unwrap_or_default(),
        code,
        filter.member.map_or_else(|| Value::from(""), Value::from),
    ];
    let rows = db.rows(Query { sql, params }).await?;
    keyset.page(rows, |mut row| read(&mut row), |kept| (kept.record.at, kept.record.id))
}

/// One request with what was said in it, where that is kept.
///
/// # Errors
/// Those of reading.
pub async fn get(db: &Db, workspace_id: WorkspaceId, id: RunId) -> Result<Option<KeptRequest>, StoreError> {
    let sql = concat!(columns!(), "r.id = ?2");
    let texts =
        "SELECT t.asked, t.answered FROM request_texts t WHERE t.workspace_id = ?1 AND t.request_id = ?2";
    let query = |sql| Query { sql, params: params![workspace_id, id] };
    let mut answers = db.snapshot(vec![query(sql), query(texts)]).await?.into_iter();
    let Some(mut row) = answers.next().and_then(|rows| rows.into_iter().next()) else { return Ok(None) };
    let mut kept = read(&mut row)?;
    if let Some(mut row) = answers.next().and_then(|rows| rows.into_iter().next()) {
        kept.record.texts = Some(Texts { asked: row.take()?, answered: row.take()? });
    }
    Ok(Some(kept))
}

/// As much as a glance needs of the requests of a workspace that began from an instant on, the latest first, at most `most`
/// before `before`.
///
/// # Errors
/// Those of reading.
pub async fn glances(
    db: &Db,
    workspace_id: WorkspaceId,
    from: Timestamp,
    before: Option<&Cursor>,
    most: u32,
) -> Result<(Vec<Glance>, Option<Cursor>), StoreError> {
    let sql = "SELECT r.id, r.at, r.face, r.model, r.vendor, r.key_id, r.error_code, r.first_token_ms, r.state, r.took_ms,
                 c.amount
               FROM requests r LEFT JOIN charges c ON c.run_id = r.id AND c.workspace_id = r.workspace_id
               WHERE r.workspace_id = ?1 AND (r.at, r.id) < (?2, ?3) AND (r.at, r.id) > (?5, '')
               ORDER BY r.at DESC, r.id DESC LIMIT ?4";
    let Keyset { before, before_id, .. } = Keyset::new(before, 1);
    let rows = db.rows(Query { sql, params: params![workspace_id, before, before_id, most, from] }).await?;
    let is_last = u32::try_from(rows.len()).is_ok_and(|length| length < most);
    let (mut glances, mut end) = (Vec::with_capacity(rows.len()), None);
    for mut row in rows {
        let (id, glance) = read_glance(&mut row)?;
        end = Some((glance.at, id));
        glances.push(glance);
    }
    Ok((glances, end.filter(|_| !is_last).map(|(at, id)| Cursor::at(at, id))))
}

fn read_glance(row: &mut Row) -> Result<(RunId, Glance), StoreError> {
    let id = row.take()?;
    let mut glance = Glance {
        at: row.take()?,
        face: row.take()?,
        model: row.take()?,
        vendor: row.take()?,
        key: row.take()?,
        error: word(row)?,
        first_token_ms: row.take()?,
        took_ms: None,
        micros: 0,
    };
    let Word(state) = row.take::<Word<RunState>>()?;
    glance.took_ms = Some(row.take()?).filter(|_| state == RunState::Succeeded);
    glance.micros = row.take::<Option<Amount>>()?.unwrap_or_default().micros();
    Ok((id, glance))
}

/// Reads [`columns`].
fn read(row: &mut Row) -> Result<KeptRequest, StoreError> {
    let record = Record {
        id: row.take()?,
        workspace_id: row.take()?,
        member_id: row.take()?,
        key_id: row.take()?,
        at: row.take()?,
        face: row.take()?,
        agent_id: row.take()?,
        asked: row.take()?,
        model: row.take()?,
        vendor: row.take()?,
        policy: row.take()?,
        came: Came { state: row.take::<Word<_>>()?.0, finish: word(row)?, error: word(row)? },
        first_token_ms: row.take()?,
        took_ms: row.take()?,
        usage: None,
        attempts: row.take::<Option<Json<_>>>()?.map(|json| json.0).unwrap_or_default(),
        trace_id: row.take()?,
        parent: None,
        texts: None,
    };
    let (member_name, key_name) = (row.take()?, row.take()?);
    let (amount, currency) = (row.take::<Option<Amount>>()?, row.take::<Option<_>>()?);
    let usage: Option<Json<Usage>> = row.take()?;
    let money = amount.zip(currency).map(|(amount, currency)| amount.of(currency));
    let settled = money.zip(usage).map(|(money, usage)| (money, usage.0));
    Ok(KeptRequest { record, member_name, key_name, settled })
}

fn word<T: serde::de::DeserializeOwned>(row: &mut Row) -> Result<Option<T>, StoreError> {
    Ok(row.take::<Option<Word<T>>>()?.map(|word| word.0))
}
