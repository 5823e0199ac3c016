//! Some batches, or one look, in one transaction.

use std::time::Duration;

use futures_util::TryStreamExt;

use crate::StoreError;
use crate::batch::{Batch, Changes, Durability, Write};
use crate::db::Query;
use crate::error::Cause;
use crate::value::{Row, Value};

use super::connect::Connection;
use super::failure::Failure;
use super::seat;
use super::statement::{bound, own, send};

/// What the transaction is called on its server.
const NUMBER: &str = "SELECT CAST(pg_current_xact_id_if_assigned() AS TEXT)";
/// What became of one.
const FATE: &str = "SELECT pg_xact_status(CAST(?1 AS xid8))";
/// How often it is asked, and how long between.
const QUESTIONS: u32 = 100;
const QUESTION_PAUSE: Duration = Duration::from_millis(50);

/// How a transaction ended.
#[derive(Debug)]
pub(super) enum End {
    /// It was kept; what each batch changed.
    Kept(Vec<Changes>),
    /// The connection was lost between the `COMMIT` and its answer.
    Unheard(Commit),
}

/// A transaction whose end nobody heard.
#[derive(Debug)]
pub(super) struct Commit {
    /// What it is called on its server; nothing when it wrote nothing.
    number: Option<String>,
    changes: Vec<Changes>,
    cause: Cause,
}

impl Commit {
    /// Whether it was kept is not known.
    pub(super) fn unknown(self) -> Failure {
        Failure::Refused(StoreError::Unknown(self.cause))
    }
}

/// Keeps batches, one after the other, all or none. Their statements cross the network together with the `BEGIN` before
/// them; when all have done what they should, the `COMMIT` follows. After a failure nothing was kept, and unless there was
/// only one batch, nobody knows which of them is to blame. In a `term` nothing is kept when it is another's.
pub(super) async fn keep(
    connection: &mut Connection,
    batches: &[&Batch],
    term: Option<i64>,
) -> Result<End, Failure> {
    let seated = term.map(seat::is_in_term);
    let mut prepared = Vec::with_capacity(batches.iter().map(|batch| batch.writes.len()).sum());
    for write in seated.iter().chain(batches.iter().flat_map(|batch| &batch.writes)) {
        prepared.push((write, connection.prepare(write.name, write.sql, &write.params).await?));
    }
    let number = connection.prepare("number", NUMBER, &[]).await?;
    let client = connection.client();
    let begin = begin(batches, term);
    let begun = send(client.batch_execute(&begin)).await;
    let mut answers = Vec::with_capacity(prepared.len());
    for (write, statement) in &prepared {
        answers.push((*write, send(client.execute_raw(statement, bound(&write.params))).await));
    }
    let number = send(client.query_one(&number, &[])).await;
    let done = async {
        answered(begun.await, "begin")?;
        let mut changed = Vec::with_capacity(answers.len());
        for (write, answer) in answers {
            changed.push(met(write, answered(answer.await, write.name)?)?);
        }
        Ok((changed, answered(number.await, "number")?))
    };
    let (changed, number) = match done.await {
        Ok((changed, row)) => (changed, row.try_get(0).map_err(|error| Failure::of(error, "number"))?),
        Err(failure) => {
            // If this is not heard, the connection is lost, and the transaction with it.
            drop(client.batch_execute("ROLLBACK").await);
            return Err(failure);
        }
    };
    let mut changed = changed.into_iter().skip(seated.iter().count());
    let changes =
        batches.iter().map(|batch| Changes(changed.by_ref().take(batch.writes.len()).collect())).collect();
    match client.batch_execute("COMMIT").await.map_err(|error| Failure::of(error, "commit")) {
        Ok(()) => Ok(End::Kept(changes)),
        Err(Failure::Lost(cause)) => Ok(End::Unheard(Commit { number, changes, cause })),
        Err(other) => Err(other),
    }
}

fn begin(batches: &[&Batch], term: Option<i64>) -> String {
    let mut begin = "BEGIN ISOLATION LEVEL SERIALIZABLE".to_owned();
    if term.is_some() {
        begin.extend(["; ", seat::WAIT]);
    }
    if batches.iter().all(|batch| batch.durability == Durability::Relaxed) {
        begin.push_str("; SET LOCAL synchronous_commit = off");
    }
    begin
}

/// How many rows a write changed, when it is as many as it must.
fn met(write: &Write, changed: u64) -> Result<u64, Failure> {
    if write.expect.is_met_by(changed) {
        return Ok(changed);
    }
    Err(Failure::Refused(StoreError::Expectation { name: write.name }))
}

/// Asks the server what became of a transaction: its answer to the `COMMIT` was lost, but it remembers. After a failure the
/// batches were not kept and may be begun anew; what the server does not know is [`StoreError::Unknown`].
pub(super) async fn ask(connection: &mut Connection, commit: Commit) -> Result<Vec<Changes>, Failure> {
    let Commit { number, changes, cause } = commit;
    let Some(number) = number else { return Ok(changes) };
    let params = [Value::Text(number)];
    for _ in 0..QUESTIONS {
        let query = Query { sql: FATE, params: params.to_vec() };
        let rows = look(connection, std::slice::from_ref(&query)).await;
        let fate =
            rows.ok().and_then(|rows| rows.into_iter().flatten().next()?.take::<Option<String>>().ok()?);
        match fate.as_deref() {
            Some("committed") => return Ok(changes),
            Some("aborted") => return Err(Failure::Lost(cause)),
            // Its process has not noticed yet that nobody listens.
            Some(_) => tokio::time::sleep(QUESTION_PAUSE).await,
            None => break,
        }
    }
    Err(Failure::Refused(StoreError::Unknown(cause)))
}

/// The rows of queries that all see the same state of the data. One query does so by itself.
pub(super) async fn look(connection: &mut Connection, queries: &[Query]) -> Result<Vec<Vec<Row>>, Failure> {
    let mut prepared = Vec::with_capacity(queries.len());
    for query in queries {
        prepared.push((query, connection.prepare("query", query.sql, &query.params).await?));
    }
    let client = connection.client();
    let is_one = queries.len() == 1;
    let begun = match is_one {
        true => None,
        false => Some(send(client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await),
    };
    let mut answers = Vec::with_capacity(prepared.len());
    for (query, statement) in &prepared {
        let rows =
            async { client.query_raw(statement, bound(&query.params)).await?.try_collect::<Vec<_>>().await };
        answers.push(send(rows).await);
    }
    let ended = match is_one {
        true => None,
        false => Some(send(client.batch_execute("COMMIT")).await),
    };
    if let Some(begun) = begun {
        answered(begun.await, "begin")?;
    }
    let mut found = Vec::with_capacity(answers.len());
    for answer in answers {
        let rows = answered(answer.await, "query")?;
        found.push(rows.iter().map(own).collect::<Result<_, _>>().map_err(Failure::Refused)?);
    }
    if let Some(ended) = ended {
        answered(ended.await, "commit")?;
    }
    Ok(found)
}

/// A request always has an outcome; none would be a mistake of ours.
fn answered<T>(outcome: Option<Result<T, tokio_postgres::Error>>, name: &'static str) -> Result<T, Failure> {
    match outcome {
        Some(outcome) => outcome.map_err(|error| Failure::of(error, name)),
        None => Err(Failure::Lost(Cause::new("a request without an outcome"))),
    }
}
