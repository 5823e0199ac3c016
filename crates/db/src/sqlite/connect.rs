//! Opening connections.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::db::OpenOptions;
use crate::migrations::{self, Migration};

use super::failure::classify_setup;
use super::{migrate, statement};

/// Marks a data file as ours: "HuTg" in ASCII.
pub(super) const APPLICATION_ID: i64 = 0x4875_5467;

/// Writes [`APPLICATION_ID`].
pub(super) const SET_APPLICATION_ID: &str = "PRAGMA application_id = 1215648871";

/// The connection that writes, on data in the newest form.
pub(super) fn writer(path: &Path, options: &OpenOptions) -> Result<Connection, StoreError> {
    writer_of(path, options, migrations::ALL)
}

/// As [`writer`], on data in the form that these steps make.
pub(super) fn writer_of(
    path: &Path,
    options: &OpenOptions,
    steps: &[Migration],
) -> Result<Connection, StoreError> {
    make_private(path)?;
    let _turn = wait_for_turn(path, options.busy_timeout)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, options, flags)?;
    migrate::check(&connection, steps)?;
    keep_a_log(&connection, options.busy_timeout)?;
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA cell_size_check = ON;
             PRAGMA cache_size = -16384;",
        )
        .map_err(classify_setup)?;
    migrate::run(&connection, path, steps)?;
    if let Some(limit) = options.max_bytes {
        limit_size(&connection, limit)?;
    }
    Ok(connection)
}

/// Whoever makes a file or brings it to the newest form does so alone, from its first look at it to the end. Programs that
/// open a new file at once would otherwise see it between two steps. The lock is on the folder: to close a file is to give
/// up all locks that the process has on it, the engine's own among them.
fn wait_for_turn(path: &Path, patience: Duration) -> Result<fs::File, StoreError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let cannot = |error| StoreError::CannotOpen(crate::error::Cause::new(error));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let file = fs::File::open(folder.unwrap_or(Path::new("."))).map_err(cannot)?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if waited < patience => std::thread::sleep(PAUSE),
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::Overloaded),
            Err(fs::TryLockError::Error(error)) => return Err(cannot(error)),
        }
        waited += PAUSE;
    }
}

/// Turns to a log of its own for what is written. This is the one statement that does not wait for its turn when several
/// programs open a new file at once, so it is tried until `patience` is over.
fn keep_a_log(connection: &Connection, patience: Duration) -> Result<(), StoreError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL").map_err(classify_setup) {
            Err(StoreError::Overloaded) if waited < patience => std::thread::sleep(PAUSE),
            done => return done,
        }
        waited += PAUSE;
    }
}

/// A connection that only reads.
pub(super) fn reader(path: &Path, options: &OpenOptions) -> Result<Connection, StoreError> {
    open(path, options, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn open(path: &Path, options: &OpenOptions, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(options.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(statement::CACHE);
        // Otherwise the planner looks at the parameters, and every statement is compiled again at every call.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
        Ok(connection)
    };
    connect().map_err(classify_setup)
}

fn limit_size(connection: &Connection, bytes: u64) -> Result<(), StoreError> {
    let set = || {
        let page: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let pages = (bytes / u64::from(page.max(1))).clamp(1, u64::from(u32::MAX) - 1);
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
    };
    set().map_err(classify_setup)
}

/// Makes the file when it is absent, readable for its owner alone: it holds what people wrote in confidence. The log
/// beside it gets the same rights.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Err(StoreError::DiskFull),
        Err(error) => Err(StoreError::CannotOpen(crate::error::Cause::new(error))),
    }
}
