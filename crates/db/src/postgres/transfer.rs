//! All rows of a database, out and in.

use std::pin::pin;

use futures_util::TryStreamExt;
use stdx::Secret;
use tokio_postgres::Client;

use crate::StoreError;
use crate::db::OpenOptions;
use crate::migrations::Migration;
use crate::transfer::{Digest, Digester, Piece, Pieces, ROWS, Sender, Table, TransferError, arrived};
use crate::value::Value;

use super::connect::{Server, shown};
use super::failure::{Failure, classify_setup};
use super::migrate;
use super::seat;
use super::statement::{bound, in_dialect, send, values};

/// Keeps servers off a database until what this gives is dropped.
///
/// # Errors
/// `SeatTaken` when one runs on it.
pub(crate) async fn keep_servers_off(
    url: &Secret<String>,
    options: &OpenOptions,
) -> Result<impl Send + use<>, StoreError> {
    let connection = Server::new(url, options.busy_timeout)?.connect().await?;
    seat::keep_off(connection.client()).await?;
    Ok(connection)
}

/// Sends all rows as they are at this moment.
pub(crate) async fn export(
    url: &Secret<String>,
    options: &OpenOptions,
    tables: &[Table],
    to: &Sender,
) -> Result<(), TransferError> {
    let connection = Server::new(url, options.busy_timeout)?.connect().await?;
    let client = connection.client();
    let snapshot =
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0";
    client.batch_execute(snapshot).await.map_err(classify_setup)?;
    let digest = read_all(client, tables, Some(to)).await?;
    drop(to.send(Ok(Piece::End(digest))).await); // nobody may be there any more
    Ok(())
}

/// Keeps all rows that come in an empty schema, or none.
pub(crate) async fn import(
    url: &Secret<String>,
    options: &OpenOptions,
    steps: &[Migration],
    tables: &[Table],
    pieces: Pieces,
) -> Result<Digest, TransferError> {
    let connection = Server::new(url, options.busy_timeout)?.connect().await?;
    let client = connection.client();
    seat::keep_off(client).await?;
    if !migrate::clear(client).await? {
        return Err(TransferError::Occupied(shown(url)));
    }
    migrate::run(client, steps).await?;
    let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0";
    client.batch_execute(begin).await.map_err(classify_setup)?;
    // A failure leaves the transaction to end with its connection.
    let digest = write_all(client, tables, pieces).await?;
    match client.batch_execute("COMMIT").await.map_err(|error| Failure::of(error, "import")) {
        Ok(()) => {
            // Until the server has looked at its tables it takes them for empty, and plans accordingly.
            client.batch_execute("ANALYZE").await.map_err(classify_setup)?;
            Ok(digest)
        }
        Err(Failure::Lost(cause)) => Err(StoreError::Unknown(cause).into()),
        Err(other) => Err(StoreError::from(other).into()),
    }
}

async fn write_all(client: &Client, tables: &[Table], mut pieces: Pieces) -> Result<Digest, TransferError> {
    for table in tables.iter().rev() {
        client.batch_execute(&table.clear()).await.map_err(classify_setup)?; // what migrations put there
    }
    let mut current = None;
    loop {
        match arrived(pieces.recv().await)? {
            Piece::Rows(at, rows) => {
                let statement = match current.take() {
                    Some((same, statement)) if same == at => statement,
                    _ => {
                        let table = tables.get(at).ok_or_else(|| StoreError::other("a table too many"))?;
                        client.prepare(&in_dialect(&table.insert())).await.map_err(classify_setup)?
                    }
                };
                let mut answers = Vec::with_capacity(rows.len());
                for row in &rows {
                    answers.push(send(client.execute_raw(&statement, bound(row))).await);
                }
                for answer in answers {
                    let answer = answer.await.ok_or(StoreError::Closed)?;
                    answer.map_err(|error| StoreError::from(Failure::of(error, "import")))?;
                }
                current = Some((at, statement));
            }
            Piece::End(sent) => {
                let digest = read_all(client, tables, None).await?;
                return sent.compare(&digest).map(|()| digest);
            }
        }
    }
}

/// Reads all rows, sends them where they are wanted, and says what they are.
async fn read_all(client: &Client, tables: &[Table], to: Option<&Sender>) -> Result<Digest, StoreError> {
    let mut digester = Digester::new(tables);
    for (at, table) in tables.iter().enumerate() {
        let none: [&str; 0] = [];
        let mut cursor = pin!(client.query_raw(&table.select(), none).await.map_err(classify_setup)?);
        let mut rows: Vec<Vec<Value>> = Vec::with_capacity(ROWS);
        while let Some(row) = cursor.try_next().await.map_err(classify_setup)? {
            let row = values(&row)?;
            digester.add(at, &row)?;
            rows.push(row);
            if rows.len() == ROWS {
                forward(to, at, std::mem::take(&mut rows)).await?;
            }
        }
        forward(to, at, rows).await?;
    }
    Ok(digester.finish())
}

async fn forward(to: Option<&Sender>, at: usize, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    match to {
        Some(to) if !rows.is_empty() => {
            to.send(Ok(Piece::Rows(at, rows))).await.map_err(|_| StoreError::Closed)
        }
        Some(_) | None => Ok(()),
    }
}
