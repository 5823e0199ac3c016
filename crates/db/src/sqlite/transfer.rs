//! All rows of a file, out and in.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params_from_iter};

use crate::StoreError;
use crate::db::OpenOptions;
use crate::migrations::Migration;
use crate::transfer::{Digest, Digester, Piece, Pieces, ROWS, Sender, Table, TransferError, arrived};
use crate::value::Value;

use super::failure::{classify, classify_setup};
use super::statement::{control, own};
use super::{checkpoint, connect, migrate};

/// The tables that some steps make.
pub(crate) fn tables(steps: &[Migration]) -> Result<Vec<Table>, StoreError> {
    let read = || {
        let connection = Connection::open_in_memory()?;
        for step in steps {
            connection.execute_batch(&migrate::in_dialect(step.sql))?;
        }
        let names = "SELECT name FROM pragma_table_list
                     WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        let names = texts(&connection, names, None)?;
        let table = |name: String| {
            let all = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
            let key = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk";
            let parents = "SELECT \"table\" FROM pragma_foreign_key_list(?1)";
            Ok(Table {
                columns: texts(&connection, all, Some(&name))?,
                key: texts(&connection, key, Some(&name))?,
                parents: texts(&connection, parents, Some(&name))?.into_iter().collect(),
                name,
            })
        };
        names.into_iter().map(table).collect::<rusqlite::Result<Vec<Table>>>()
    };
    read().map_err(classify_setup)
}

fn texts(connection: &Connection, sql: &str, about: Option<&String>) -> rusqlite::Result<Vec<String>> {
    connection.prepare(sql)?.query_map(params_from_iter(about), |row| row.get(0))?.collect()
}

/// Sends all rows as they are at this moment.
pub(crate) fn export(
    path: &Path,
    options: &OpenOptions,
    tables: &[Table],
    to: &Sender,
) -> Result<(), TransferError> {
    let connection = connect::reader(path, options)?;
    control(&connection, "BEGIN")?;
    let digest = read_all(&connection, tables, |at, rows| {
        to.blocking_send(Ok(Piece::Rows(at, rows))).map_err(|_| StoreError::Closed)
    })?;
    drop(to.blocking_send(Ok(Piece::End(digest)))); // nobody may be there any more
    Ok(())
}

/// Keeps all rows that come in an empty file, or none.
pub(crate) fn import(
    path: &Path,
    options: &OpenOptions,
    steps: &[Migration],
    tables: &[Table],
    pieces: Pieces,
) -> Result<Digest, TransferError> {
    clear(path, options)?;
    let connection = connect::writer_of(path, options, steps)?;
    control(&connection, "BEGIN IMMEDIATE")?;
    let taken = write_all(&connection, tables, pieces);
    control(&connection, if taken.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    let digest = taken?;
    checkpoint::completely(&connection)?;
    Ok(digest)
}

/// A file without a workspace goes away: data that comes may have an older form than it has.
fn clear(path: &Path, options: &OpenOptions) -> Result<(), TransferError> {
    if fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let connection = connect::writer(path, options)?;
    let workspaces: i64 = connection
        .query_row("SELECT COUNT(*) FROM workspaces", [], |row| row.get(0))
        .map_err(classify_setup)?;
    if workspaces > 0 {
        return Err(TransferError::Occupied(path.display().to_string()));
    }
    connection.close().map_err(|(_, error)| classify_setup(error))?;
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        match fs::remove_file(PathBuf::from(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(TransferError::File(path.display().to_string(), error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn write_all(connection: &Connection, tables: &[Table], mut pieces: Pieces) -> Result<Digest, TransferError> {
    for table in tables.iter().rev() {
        control(connection, &table.clear())?; // what migrations put there
    }
    loop {
        match arrived(pieces.blocking_recv())? {
            Piece::Rows(at, rows) => {
                let table = tables.get(at).ok_or_else(|| StoreError::other("a table too many"))?;
                let insert = || {
                    let mut statement = connection.prepare_cached(&table.insert())?;
                    rows.iter().try_for_each(|row| statement.execute(params_from_iter(row)).map(|_| ()))
                };
                insert().map_err(|error| classify(error, "import"))?;
            }
            Piece::End(sent) => {
                let digest = read_all(connection, tables, |_, _| Ok(()))?;
                return sent.compare(&digest).map(|()| digest);
            }
        }
    }
}

/// Hands over all rows, some at a time, and says what they are.
fn read_all(
    connection: &Connection,
    tables: &[Table],
    mut each: impl FnMut(usize, Vec<Vec<Value>>) -> Result<(), StoreError>,
) -> Result<Digest, StoreError> {
    let failed = |error| classify(error, "export");
    let mut digester = Digester::new(tables);
    for (at, table) in tables.iter().enumerate() {
        let mut statement = connection.prepare(&table.select()).map_err(failed)?;
        let mut cursor = statement.query([]).map_err(failed)?;
        let mut rows = Vec::with_capacity(ROWS);
        while let Some(row) = cursor.next().map_err(failed)? {
            let columns = 0..table.columns.len();
            let row: Result<Vec<Value>, _> = columns.map(|column| own(row.get_ref(column)?)).collect();
            let row = row.map_err(failed)?;
            digester.add(at, &row)?;
            rows.push(row);
            if rows.len() == ROWS {
                each(at, std::mem::take(&mut rows))?;
            }
        }
        if !rows.is_empty() {
            each(at, rows)?;
        }
    }
    Ok(digester.finish())
}
