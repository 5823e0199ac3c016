//! Bringing data to the newest form: a step at a time, whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::StoreError;
use crate::error::Cause;
use crate::migrations::Migration;

use super::connect::{APPLICATION_ID, SET_APPLICATION_ID, make_private};
use super::failure::classify_setup;

/// Looks at the data without changing it.
///
/// # Errors
/// `Corrupt` when it is damaged or not ours, `Newer` when this program does not know its form.
pub(super) fn check(connection: &Connection, steps: &[Migration]) -> Result<(), StoreError> {
    let header = Header::read(connection)?;
    let known = count(steps);
    if header.application_id != APPLICATION_ID && !header.is_blank() {
        return Err(StoreError::Corrupt(Cause::new("the file belongs to another program")));
    }
    if header.version > known {
        return Err(StoreError::Newer { found: header.version, known });
    }
    Ok(())
}

/// Takes the steps that are missing. A copy of older data is kept beside it first, as `<file>.v<version>.bak`.
pub(super) fn run(connection: &Connection, path: &Path, steps: &[Migration]) -> Result<(), StoreError> {
    let header = Header::read(connection)?;
    if header.version == count(steps) {
        return Ok(());
    }
    if header.version > 0 {
        keep_copy(connection, path, header.version)?;
    }
    let enforce =
        |on: &str| connection.execute_batch(&format!("PRAGMA foreign_keys = {on}")).map_err(classify_setup);
    enforce("OFF")?; // so that a step may rebuild a table; every step is checked at its end
    let taken = steps.iter().zip(1_u32..).try_for_each(|(step, number)| take(connection, step, number));
    enforce("ON")?;
    taken
}

/// What the file says about itself.
struct Header {
    application_id: i64,
    version: u32,
    tables: i64,
}

impl Header {
    fn read(connection: &Connection) -> Result<Self, StoreError> {
        // One statement: another program may be making the file, and no half of that may be seen.
        let sql = "SELECT application_id, user_version, (SELECT COUNT(*) FROM sqlite_schema)
                   FROM pragma_application_id, pragma_user_version";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Self {
                application_id: row.get(0)?,
                version: u32::try_from(row.get::<_, i64>(1)?).unwrap_or(u32::MAX),
                tables: row.get(2)?,
            })
        };
        connection.query_row(sql, [], read).map_err(classify_setup)
    }

    /// True for a file nobody has written to.
    fn is_blank(&self) -> bool {
        self.application_id == 0 && self.version == 0 && self.tables == 0
    }
}

/// One step in one transaction; nothing when another process took it meanwhile.
fn take(connection: &Connection, step: &Migration, number: u32) -> Result<(), StoreError> {
    let run = || {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version < number {
            connection.execute_batch(&in_dialect(step.sql))?;
            connection.execute_batch(SET_APPLICATION_ID)?;
            connection.execute_batch(&format!("PRAGMA user_version = {number}"))?;
        }
        let orphans: i64 =
            connection.query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        Ok(orphans)
    };
    let done = run().map_err(classify_setup).and_then(|orphans| match orphans {
        0 => connection.execute_batch("COMMIT").map_err(classify_setup),
        _ => Err(StoreError::other(format!("{} leaves {orphans} rows without their parents", step.name))),
    });
    if done.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK").map_err(classify_setup)?;
    }
    done
}

/// Strict tables refuse a value of another type, as other engines do; their word for 64 bits is INTEGER.
pub(super) fn in_dialect(sql: &str) -> String {
    sql.replace("BIGINT", "INTEGER").replace("\n);", "\n) STRICT;")
}

/// Copies the data as it is, under its final name only when the copy is complete.
fn keep_copy(connection: &Connection, path: &Path, version: u32) -> Result<(), StoreError> {
    let copy = beside(path, &format!(".v{version}.bak"));
    let unfinished = beside(path, &format!(".v{version}.bak.{}.part", std::process::id()));
    make_private(&unfinished)?;
    let text = unfinished.to_str().ok_or_else(|| StoreError::other("the data path is not UTF-8"))?;
    let copied = connection
        .execute("VACUUM INTO ?1", [text])
        .map_err(classify_setup)
        .and_then(|_| publish(&unfinished, &copy).map_err(disk_error));
    if copied.is_err() {
        drop(fs::remove_file(&unfinished));
    }
    copied
}

/// Gives a file its final name once all of it is on the disk.
pub(crate) fn publish(unfinished: &Path, copy: &Path) -> std::io::Result<()> {
    fs::File::open(unfinished)?.sync_all()?;
    fs::rename(unfinished, copy)?;
    match copy.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn disk_error(error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        StoreError::DiskFull
    } else {
        StoreError::other(error)
    }
}

fn count(steps: &[Migration]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration {
        name: "0001_first",
        sql: "CREATE TABLE boxes (\n  id TEXT NOT NULL PRIMARY KEY,\n  size BIGINT NOT NULL\n);
              INSERT INTO boxes VALUES ('a', 1);",
    };
    const SECOND: Migration =
        Migration { name: "0002_colour", sql: "ALTER TABLE boxes ADD COLUMN colour TEXT;" };
    const BROKEN: Migration = Migration {
        name: "0002_broken",
        sql: "ALTER TABLE boxes ADD COLUMN colour TEXT; INSERT INTO nowhere VALUES (1);",
    };
    const ORPHANS: Migration = Migration {
        name: "0002_orphans",
        sql: "CREATE TABLE lids (\n  box_id TEXT NOT NULL REFERENCES boxes (id)\n);
              INSERT INTO lids VALUES ('none');",
    };

    struct File {
        folder: tempfile::TempDir,
        connection: Connection,
    }

    impl File {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let connection = Connection::open(folder.path().join("data.db")).unwrap();
            Self { folder, connection }
        }

        fn migrate(&self, steps: &[Migration]) -> Result<(), StoreError> {
            check(&self.connection, steps)?;
            run(&self.connection, &self.folder.path().join("data.db"), steps)
        }

        fn version(&self) -> u32 {
            Header::read(&self.connection).unwrap().version
        }

        fn has_colour(&self) -> bool {
            self.connection.prepare("SELECT colour FROM boxes").is_ok()
        }

        fn others(&self) -> Vec<String> {
            let names = fs::read_dir(self.folder.path()).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name != "data.db").collect()
        }
    }

    #[test]
    fn a_new_file_takes_every_step_and_needs_no_copy() {
        let file = File::new();
        file.migrate(&[FIRST, SECOND]).unwrap();
        assert_eq!((file.version(), file.has_colour()), (2, true));
        assert_eq!(file.others(), Vec::<String>::new());
        file.migrate(&[FIRST, SECOND]).unwrap();
    }

    #[test]
    fn older_data_is_copied_before_it_changes() {
        let file = File::new();
        file.migrate(&[FIRST]).unwrap();
        file.migrate(&[FIRST, SECOND]).unwrap();
        assert_eq!((file.version(), file.has_colour()), (2, true));
        assert_eq!(file.others(), ["data.db.v1.bak"]);
        let copy = Connection::open(file.folder.path().join("data.db.v1.bak")).unwrap();
        assert_eq!(Header::read(&copy).unwrap().version, 1);
        check(&copy, &[FIRST]).unwrap();
        let size: i64 = copy.query_row("SELECT size FROM boxes", [], |row| row.get(0)).unwrap();
        assert_eq!(size, 1);
        assert!(copy.prepare("SELECT colour FROM boxes").is_err());
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_form() {
        let file = File::new();
        file.migrate(&[FIRST]).unwrap();
        for step in [BROKEN, ORPHANS] {
            assert!(matches!(file.migrate(&[FIRST, step]), Err(StoreError::Other(_))));
            assert_eq!((file.version(), file.has_colour()), (1, false), "{}", step.name);
        }
        file.migrate(&[FIRST, SECOND]).unwrap();
        assert_eq!((file.version(), file.has_colour()), (2, true));
    }

    #[test]
    fn a_step_that_is_interrupted_leaves_the_old_form() {
        let file = File::new();
        file.migrate(&[FIRST]).unwrap();
        let path = file.folder.path().join("data.db");
        let dying = Connection::open(&path).unwrap();
        dying.execute_batch("BEGIN IMMEDIATE").unwrap();
        dying.execute_batch(SECOND.sql).unwrap();
        drop(dying);
        assert_eq!((file.version(), file.has_colour()), (1, false));
        file.migrate(&[FIRST, SECOND]).unwrap();
        assert_eq!((file.version(), file.has_colour()), (2, true));
    }

    #[test]
    fn a_step_taken_by_another_process_is_not_taken_again() {
        let file = File::new();
        file.migrate(&[FIRST]).unwrap();
        take(&file.connection, &FIRST, 1).unwrap();
        let boxes: i64 =
            file.connection.query_row("SELECT COUNT(*) FROM boxes", [], |row| row.get(0)).unwrap();
        assert_eq!(boxes, 1);
    }

    #[test]
    fn all_our_tables_are_strict() {
        let file = File::new();
        file.migrate(crate::migrations::ALL).unwrap();
        let lax = "SELECT COUNT(*) FROM pragma_table_list
                   WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND NOT strict";
        let lax: i64 = file.connection.query_row(lax, [], |row| row.get(0)).unwrap();
        let tables: i64 = file
            .connection
            .query_row("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))
            .unwrap();
        assert_eq!((lax, tables), (0, 43));
    }
}
