//! One statement on one connection.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, StatementStatus, ToSql};

use crate::StoreError;
use crate::batch::Write;
use crate::db::Query;
use crate::value::{Row, Value};

use super::failure::classify;

/// Statements are prepared once per connection; there are fewer than this in all repositories together.
pub(super) const CACHE: usize = 256;

/// Runs a write; gives the number of rows it changed, or found when it is a query.
pub(super) fn change(connection: &Connection, write: &Write) -> Result<u64, StoreError> {
    let run = || {
        let mut statement = prepare(connection, write.sql, &write.params)?;
        if statement.column_count() == 0 {
            return statement.raw_execute();
        }
        let mut rows = statement.raw_query();
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    };
    let changed = run().map_err(|error| classify(error, write.name))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// The rows of a query.
pub(super) fn rows(connection: &Connection, query: &Query) -> Result<Vec<Row>, StoreError> {
    let run = || {
        let mut statement = prepare(connection, query.sql, &query.params)?;
        let width = statement.column_count();
        let mut cursor = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = cursor.next()? {
            let mut columns = Vec::with_capacity(width);
            for at in 0..width {
                columns.push(own(row.get_ref(at)?)?);
            }
            rows.push(Row::new(columns));
        }
        drop(cursor);
        let compiled_again = statement.get_status(StatementStatus::RePrepare);
        tracing::trace!(sql = query.sql, compiled_again, "A query was read.");
        Ok(rows)
    };
    run().map_err(|error| classify(error, "query"))
}

/// Runs a statement of the engine itself, such as `COMMIT`.
pub(super) fn control(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    let run = || {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    };
    run().map_err(|error| classify(error, "control"))
}

fn prepare<'a>(
    connection: &'a Connection,
    sql: &str,
    params: &[Value],
) -> rusqlite::Result<CachedStatement<'a>> {
    let mut statement = connection.prepare_cached(sql)?;
    for (at, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, param)?;
    }
    Ok(statement)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

pub(super) fn own(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(error) => Err(rusqlite::Error::Utf8Error(0, error)),
        },
        ValueRef::Real(_) | ValueRef::Blob(_) => {
            Err(rusqlite::Error::InvalidColumnType(0, "a column".to_owned(), value.data_type()))
        }
    }
}
