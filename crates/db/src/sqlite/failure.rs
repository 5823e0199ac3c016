//! From the engine's error codes to ours.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::StoreError;
use crate::error::Cause;

/// What an error of the engine means; `name` is the statement it happened in.
pub(super) fn classify(error: rusqlite::Error, name: &'static str) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, _) = &error else {
        return StoreError::other(error);
    };
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            return StoreError::Conflict { name };
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return StoreError::Expectation { name },
        // The disk said that it could not keep what it had taken. Asking it again proves nothing: the system may
        // have dropped the pages, and the second answer would be a success.
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => return StoreError::DiskFailed,
        // The index of the log could not grow: without room this is how it shows.
        ffi::SQLITE_IOERR_SHMSIZE => return StoreError::DiskFull,
        _ => {}
    }
    match failure.code {
        ErrorCode::DiskFull => StoreError::DiskFull,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Overloaded,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt(Cause::new(error)),
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => {
            StoreError::CannotOpen(Cause::new(error))
        }
        _ => StoreError::other(error),
    }
}

/// What an error outside of a repository's statement means.
pub(super) fn classify_setup(error: rusqlite::Error) -> StoreError {
    classify(error, "setup")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> StoreError {
        classify(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None), "row")
    }

    #[test]
    fn a_failed_sync_is_final_and_a_full_disk_is_not() {
        assert!(matches!(of(ffi::SQLITE_IOERR_FSYNC), StoreError::DiskFailed));
        assert!(matches!(of(ffi::SQLITE_IOERR_DIR_FSYNC), StoreError::DiskFailed));
        assert!(matches!(of(ffi::SQLITE_FULL), StoreError::DiskFull));
        assert!(matches!(of(ffi::SQLITE_IOERR_SHMSIZE), StoreError::DiskFull));
        assert!(matches!(of(ffi::SQLITE_IOERR_WRITE), StoreError::Other(_)));
    }

    #[test]
    fn constraints_carry_the_name_of_the_statement() {
        assert!(matches!(of(ffi::SQLITE_CONSTRAINT_PRIMARYKEY), StoreError::Conflict { name: "row" }));
        assert!(matches!(of(ffi::SQLITE_CONSTRAINT_FOREIGNKEY), StoreError::Expectation { name: "row" }));
        assert!(matches!(of(ffi::SQLITE_CONSTRAINT_CHECK), StoreError::Other(_)));
    }

    #[test]
    fn locks_damage_and_closed_doors_are_told_apart() {
        assert!(matches!(of(ffi::SQLITE_BUSY), StoreError::Overloaded));
        assert!(matches!(of(ffi::SQLITE_NOTADB), StoreError::Corrupt(_)));
        assert!(matches!(of(ffi::SQLITE_CORRUPT), StoreError::Corrupt(_)));
        assert!(matches!(of(ffi::SQLITE_CANTOPEN), StoreError::CannotOpen(_)));
    }
}
