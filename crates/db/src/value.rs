//! What goes into and comes out of a statement, whatever the engine.

use money::{Amount, Currency};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stdx::{
    AdminActId, AlertId, CommandId, GroupId, HoldId, InvitationId, JoinRequestId, KeyId, MemberId, MessageId,
    OrderId, RefundId, ResponseId, RunId, SessionId, ThreadId, Timestamp, VoucherId, WorkspaceId,
};

use crate::StoreError;

/// A parameter or a column. Everything is kept as one of these on every engine: booleans as 0 and 1, times as
/// microseconds, ids and JSON as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(String),
}

/// The parameters of a statement, in the order of `?1`, `?2`, ….
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

/// One row of an answer, read from left to right.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(crate) fn new(columns: Vec<Value>) -> Self {
        Self(columns.into_iter())
    }

    /// The next column.
    ///
    /// # Errors
    /// `Other` when there is none, or it is not a `T`: a mistake of the query.
    pub fn take<T: FromValue>(&mut self) -> Result<T, StoreError> {
        let value = self.0.next().ok_or_else(|| StoreError::other("a row is too short"))?;
        T::from_value(value)
            .ok_or_else(|| StoreError::other(format!("a column is not a {}", std::any::type_name::<T>())))
    }
}

/// A type that a column can be read as.
pub trait FromValue: Sized {
    /// `None` when the column holds something else.
    fn from_value(value: Value) -> Option<Self>;
}

/// A value kept as JSON text.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// A serde enum without fields, kept as its bare word.
#[derive(Debug)]
pub struct Word<T>(pub T);

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value {
    /// Numbers above `i64::MAX` saturate: no count gets there.
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_micros())
    }
}

impl From<Amount> for Value {
    fn from(amount: Amount) -> Self {
        Self::Int(amount.micros())
    }
}

impl From<Currency> for Value {
    fn from(currency: Currency) -> Self {
        Self::Text(currency.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Serialize> From<Json<&T>> for Value {
    #[expect(
        clippy::expect_used,
        reason = "only our own documents come here: string keys, no failing serializer"
    )]
    fn from(value: Json<&T>) -> Self {
        Self::Text(serde_json::to_string(value.0).expect("our documents are JSON"))
    }
}

impl<T: Serialize> From<Word<T>> for Value {
    fn from(value: Word<T>) -> Self {
        match serde_json::to_value(value.0) {
            Ok(serde_json::Value::String(word)) => Self::Text(word),
            _ => unreachable!("only enums without fields are kept as words"),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(number),
            Value::Null | Value::Text(_) => None,
        }
    }
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).and_then(|number| Self::try_from(number).ok())
    }
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).and_then(|number| Self::try_from(number).ok())
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        match i64::from_value(value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            Value::Null | Value::Int(_) => None,
        }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl FromValue for Amount {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl FromValue for Currency {
    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value @ (Value::Int(_) | Value::Text(_)) => T::from_value(value).map(Some),
        }
    }
}

impl<T: DeserializeOwned> FromValue for Json<T> {
    fn from_value(value: Value) -> Option<Self> {
        serde_json::from_str(&String::from_value(value)?).ok().map(Self)
    }
}

impl<T: DeserializeOwned> FromValue for Word<T> {
    fn from_value(value: Value) -> Option<Self> {
        let word = serde_json::Value::String(String::from_value(value)?);
        serde_json::from_value(word).ok().map(Self)
    }
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                Self::Text(id.to_string())
            }
        }

        impl FromValue for $id {
            fn from_value(value: Value) -> Option<Self> {
                String::from_value(value)?.parse().ok()
            }
        }
    )+};
}

ids!(
    AdminActId,
    AlertId,
    CommandId,
    GroupId,
    HoldId,
    InvitationId,
    JoinRequestId,
    KeyId,
    MemberId,
    MessageId,
    OrderId,
    RefundId,
    ResponseId,
    RunId,
    SessionId,
    ThreadId,
    VoucherId,
    WorkspaceId
);

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{ErrorCode, Part, RunState};

    fn back<T: FromValue>(value: impl Into<Value>) -> Option<T> {
        T::from_value(value.into())
    }

    #[test]
    fn values_come_back_as_they_went_in() {
        assert_eq!(back::<u64>(7_u64), Some(7));
        assert_eq!(back::<u32>(7_u32), Some(7));
        assert_eq!((back::<bool>(true), back::<bool>(false)), (Some(true), Some(false)));
        assert_eq!(back::<Timestamp>(Timestamp::from_micros(5)), Some(Timestamp::from_micros(5)));
        assert_eq!(back::<Option<String>>(Some("a")), Some(Some("a".to_owned())));
        assert_eq!(back::<Option<String>>(None::<&str>), Some(None));
        assert_eq!(Value::from(Word(RunState::Queued)), Value::Text("queued".to_owned()));
        assert_eq!(
            back::<Word<ErrorCode>>(Word(ErrorCode::DiskFull)).map(|word| word.0),
            Some(ErrorCode::DiskFull)
        );
        let parts = vec![Part::Text { text: "胡同 \"a\"\n".to_owned() }];
        assert_eq!(back::<Json<Vec<Part>>>(Json(&parts)).map(|json| json.0), Some(parts));
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        assert_eq!(back::<u64>(-1_i64), None);
        assert_eq!(back::<u32>(1_i64 << 32), None);
        assert_eq!(back::<bool>(2_i64), None);
        assert_eq!(back::<i64>("1"), None);
        assert_eq!(back::<String>(1_i64), None);
        assert_eq!(back::<ThreadId>("not an id"), None);
        assert!(back::<Word<RunState>>("paused").is_none());
    }

    #[test]
    fn a_number_too_large_for_the_column_saturates() {
        assert_eq!(Value::from(u64::MAX), Value::Int(i64::MAX));
    }

    #[test]
    fn a_short_row_is_an_error() {
        let mut row = Row::new(params![1_i64]);
        assert_eq!(row.take::<i64>().unwrap(), 1);
        assert!(matches!(row.take::<i64>(), Err(StoreError::Other(_))));
    }
}
