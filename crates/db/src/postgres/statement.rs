//! Statements on one connection.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use bytes::BytesMut;
use futures_util::future::maybe_done;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use crate::StoreError;
use crate::value::{Row, Value};

type BoxError = Box<dyn Error + Sync + Send>;

/// Statements are prepared once for a connection.
#[derive(Debug, Default)]
pub(super) struct Statements(HashMap<&'static str, Statement>);

impl Statements {
    /// The statement for this text, prepared when it is not there yet.
    ///
    /// What a parameter is, its value says: left to guess, the server takes `?1 <= 0` for a comparison of 32 bits. Only of
    /// nothing it has to guess; when the guess does not fit what comes later, the statement is prepared again.
    pub(super) async fn get(
        &mut self,
        client: &Client,
        sql: &'static str,
        params: &[Value],
    ) -> Result<Statement, tokio_postgres::Error> {
        let known = self.0.get(sql);
        if let Some(statement) = known.filter(|statement| fits(statement.params(), params)) {
            return Ok(statement.clone());
        }
        let guessed = known.map(|statement| statement.params().to_vec()).unwrap_or_default();
        let types: Vec<Type> = params
            .iter()
            .enumerate()
            .map(|(at, value)| type_of(value).or_else(|| guessed.get(at).cloned()).unwrap_or(Type::UNKNOWN))
            .collect();
        let statement = client.prepare_typed(&in_dialect(sql), &types).await?;
        self.0.insert(sql, statement.clone());
        Ok(statement)
    }
}

fn fits(types: &[Type], params: &[Value]) -> bool {
    types.len() == params.len()
        && types.iter().zip(params).all(|(given, value)| type_of(value).is_none_or(|wanted| *given == wanted))
}

fn type_of(value: &Value) -> Option<Type> {
    match value {
        Value::Null => None,
        Value::Int(_) => Some(Type::INT8),
        Value::Text(_) => Some(Type::TEXT),
    }
}

/// `?1` is `$1` here. A question mark in a text stays what it is.
pub(super) fn in_dialect(sql: &str) -> String {
    let mut quoted = false;
    let dialect = sql.chars().map(|c| {
        quoted ^= c == '\'';
        if c == '?' && !quoted { '$' } else { c }
    });
    dialect.collect()
}

/// Sends a request now; what it gives back waits for the answer. Requests that are sent one after the other before anybody
/// waits cross the network together, and the server takes them in this order.
pub(super) async fn send<F: Future>(request: F) -> impl Future<Output = Option<F::Output>> {
    let mut request = Box::pin(maybe_done(request));
    poll_fn(|context| {
        let _: Poll<()> = request.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
    async move {
        request.as_mut().await;
        request.as_mut().take_output()
    }
}

/// The values for a statement.
pub(super) fn bound(params: &[Value]) -> Vec<Param<'_>> {
    params.iter().map(Param).collect()
}

/// The columns of a row.
pub(super) fn own(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    values(row).map(Row::new)
}

/// The same, as they are.
pub(super) fn values(row: &tokio_postgres::Row) -> Result<Vec<Value>, StoreError> {
    let column = |at| row.try_get::<_, Column>(at).map(|column| column.0).map_err(StoreError::other);
    (0..row.len()).map(column).collect()
}

/// A value on its way to the server. The driver prints parameters into the log; this one has nothing to show.
pub(super) struct Param<'a>(&'a Value);

impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) => number.to_sql(&Type::INT8, out),
            Value::Text(text) => text.to_sql(&Type::TEXT, out),
        }
    }

    /// [`fits`] has looked.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

struct Column(Value);

impl<'a> FromSql<'a> for Column {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(Self(match *kind {
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(kind, raw)?.into()),
            _ => Value::Text(String::from_sql(kind, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, BoxError> {
        Ok(Self(Value::Null))
    }

    /// A sum, for one, is a NUMERIC: a query casts it, or it is a mistake that is found here.
    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::TEXT | Type::VARCHAR | Type::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_written_as_the_server_reads_them() {
        assert_eq!(
            in_dialect("a = ?1 AND b <> '' AND c IN (?2, ?13)"),
            "a = $1 AND b <> '' AND c IN ($2, $13)"
        );
        assert_eq!(in_dialect("a = 'what?1' AND b = ?1"), "a = 'what?1' AND b = $1");
    }

    #[test]
    fn a_guess_of_the_server_fits_nothing_but_nothing() {
        let (int, text) = (Value::Int(1), Value::Text("a".to_owned()));
        assert!(fits(&[Type::INT8, Type::TEXT, Type::INT4], &[int.clone(), text.clone(), Value::Null]));
        assert!(!fits(&[Type::INT4], std::slice::from_ref(&int)));
        assert!(!fits(&[Type::TEXT], &[int]));
        assert!(!fits(&[Type::TEXT], &[text.clone(), text]));
    }
}
