//! Moving all data: from one engine to another, into a file, and back.
//!
//! Data travels as rows, table by table, parents before their children, in the order of their keys: the same bytes on every
//! engine. Which tables there are, the migrations say, so a new table needs nothing here. Whoever sends rows counts and
//! hashes them; whoever takes them reads back what it wrote, counts and hashes that, and keeps it only when both are equal.

mod digest;
mod file;
mod tables;

use std::path::Path;

use thiserror::Error;
use tokio::sync::mpsc;

use crate::db::{Db, OpenOptions, Place};
use crate::migrations::{self, Migration};
use crate::value::Value;
use crate::{StoreError, postgres, sqlite};

pub(crate) use digest::Digester;
pub use digest::{Digest, TableDigest};
pub(crate) use tables::Table;

/// Rows that travel together.
pub(crate) const ROWS: usize = 256;
/// How many of such are on the way.
const AHEAD: usize = 16;

/// What travels.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Rows of one table, by its place in the list of tables.
    Rows(usize, Vec<Vec<Value>>),
    /// All rows were sent, and this is what they are.
    End(Digest),
}

/// Where pieces go.
pub(crate) type Sender = mpsc::Sender<Result<Piece, TransferError>>;
/// Where they come from.
pub(crate) type Pieces = mpsc::Receiver<Result<Piece, TransferError>>;

/// Why data did not arrive. Nothing was kept where it was to go, and nothing was taken from where it is.
#[derive(Debug, Error)]
pub enum TransferError {
    /// One of the two places failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody lives there already.
    #[error("there is a workspace in {0} already; data is only brought to an empty place")]
    Occupied(String),
    /// The file cannot be read or written.
    #[error("{0} cannot be used")]
    File(String, #[source] std::io::Error),
    /// The file is not a backup, or it is cut off, or it was changed.
    #[error("the backup cannot be used: {0}")]
    Damaged(String),
    /// What arrived is not what was sent.
    #[error("the table {0} is not the same on both sides")]
    Differs(String),
}

/// Copies everything to an empty place. The data is brought to the newest form first. No server of a database may run
/// meanwhile: what it wrote after would be missing.
///
/// # Errors
/// See [`TransferError`].
pub async fn copy(from: OpenOptions, to: OpenOptions) -> Result<Digest, TransferError> {
    let steps = migrations::ALL;
    let _quiet = match &from.place {
        Place::File(_) => None,
        Place::Server(url) => Some(postgres::keep_servers_off(url, &from).await?),
    };
    settle(from.clone()).await?;
    let tables = tables::of(steps)?;
    let pieces = send(&from, tables.clone());
    take(to, steps, tables, pieces).await
}

/// Writes everything into a file, as it is at this moment; others may write to the data meanwhile. The file has its name
/// only when it is complete and on the disk, and only its owner can read it.
///
/// # Errors
/// See [`TransferError`].
pub async fn back_up(from: OpenOptions, file: &Path) -> Result<Digest, TransferError> {
    let made_at = from.clock.now();
    settle(from.clone()).await?;
    let tables = tables::of(migrations::ALL)?;
    let pieces = send(&from, tables.clone());
    let header = file::Header::new(migrations::ALL.len(), made_at);
    let file = file.to_owned();
    blocking(move || file::write(&file, &header, &tables, pieces)).await
}

/// Brings what a file holds to an empty place, on whatever engine, and then to the newest form.
///
/// # Errors
/// See [`TransferError`].
pub async fn restore(file: &Path, to: OpenOptions) -> Result<Digest, TransferError> {
    let path = file.to_owned();
    let (header, lines) = blocking(move || file::open(&path)).await?;
    let steps = header.steps()?;
    let tables = tables::of(steps)?;
    let (sender, pieces) = mpsc::channel(AHEAD);
    let theirs = tables.clone();
    let reading = tokio::task::spawn_blocking(move || file::read(lines, &theirs, &sender));
    let digest = take(to.clone(), steps, tables, pieces).await;
    reading.await.map_err(StoreError::other)?;
    let digest = digest?;
    settle(to).await?;
    Ok(digest)
}

/// Brings data to the newest form.
async fn settle(options: OpenOptions) -> Result<(), StoreError> {
    Db::open(options).await?.close().await;
    Ok(())
}

/// Reads everything at one moment.
fn send(from: &OpenOptions, tables: Vec<Table>) -> Pieces {
    let (sender, pieces) = mpsc::channel(AHEAD);
    let from = from.clone();
    match from.place.clone() {
        Place::File(path) => {
            tokio::task::spawn_blocking(move || {
                if let Err(error) = sqlite::export(&path, &from, &tables, &sender) {
                    drop(sender.blocking_send(Err(error)));
                }
            });
        }
        Place::Server(url) => {
            tokio::spawn(async move {
                if let Err(error) = postgres::export(&url, &from, &tables, &sender).await {
                    drop(sender.send(Err(error)).await);
                }
            });
        }
    }
    pieces
}

/// Keeps all that comes, in one transaction, in the form that these steps make.
async fn take(
    to: OpenOptions,
    steps: &'static [Migration],
    tables: Vec<Table>,
    pieces: Pieces,
) -> Result<Digest, TransferError> {
    match to.place.clone() {
        Place::File(path) => blocking(move || sqlite::import(&path, &to, steps, &tables, pieces)).await,
        Place::Server(url) => postgres::import(&url, &to, steps, &tables, pieces).await,
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TransferError> + Send + 'static,
) -> Result<T, TransferError> {
    tokio::task::spawn_blocking(work).await.map_err(StoreError::other)?
}

/// What comes next; a sender that is gone without an end has died.
pub(crate) fn arrived(piece: Option<Result<Piece, TransferError>>) -> Result<Piece, TransferError> {
    piece.unwrap_or_else(|| Err(StoreError::Closed.into()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stdx::SystemClock;

    use super::*;
    use crate::Query;

    /// A backup of before the second migration is brought back by a program that knows many more.
    #[tokio::test]
    async fn an_older_backup_comes_back_in_the_newest_form() {
        let folder = tempfile::tempdir().unwrap();
        let (old, file) = (folder.path().join("old.db"), folder.path().join("old.backup"));
        let options = |name: &str| OpenOptions::new(folder.path().join(name), Arc::new(SystemClock::new()));
        let (steps, from) = (&migrations::ALL[..1], options("old.db"));
        let tables = tables::of(steps).unwrap();
        let id = "019a9f5e-6c00-7000-8000-000000000001";
        let rows = [
            (0, vec![id.into(), "Home".into(), 1_i64.into()]),
            (
                1,
                vec![id, id, "lin", "lin", "Lin", "owner", "zh-CN", "hash"]
                    .into_iter()
                    .map(Value::from)
                    .collect(),
            ),
        ];
        let (sender, pieces) = mpsc::channel(AHEAD);
        let mut digester = Digester::new(&tables);
        for (name, mut row) in ["workspaces", "members"].into_iter().zip(rows.map(|(_, row)| row)) {
            let at = tables.iter().position(|table| table.name == name).unwrap();
            row.resize(tables[at].columns.len(), 1_i64.into());
            digester.add(at, &row).unwrap();
            sender.send(Ok(Piece::Rows(at, vec![row]))).await.unwrap();
        }
        sender.send(Ok(Piece::End(digester.finish()))).await.unwrap();
        let kept = take(from.clone(), steps, tables.clone(), pieces).await.unwrap();

        let pieces = send(&from, tables.clone());
        let header = file::Header::new(steps.len(), from.clock.now());
        let path = file.clone();
        let written = blocking(move || file::write(&path, &header, &tables, pieces)).await.unwrap();
        assert_eq!(written, kept);
        assert_eq!(restore(&file, options("new.db")).await.unwrap(), kept);
        let db = Db::open(options("new.db")).await.unwrap();
        let names = Query { sql: "SELECT name FROM members", params: Vec::new() };
        let names: Vec<String> =
            db.rows(names).await.unwrap().into_iter().map(|mut row| row.take().unwrap()).collect();
        assert_eq!(names, ["Lin"]);
        assert!(old.exists());
    }
}
