//! Pages of a long list.

use std::fmt;
use std::str::FromStr;

use stdx::Timestamp;

use crate::StoreError;
use crate::value::{Row, Value};

/// The most items a page may have.
pub const MAX_PAGE: u32 = 200;

/// A place in a list that is sorted by time and id. Clients hand it back as they got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    at: Timestamp,
    id: String,
}

/// A text that is not a cursor of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorError;

/// Some items of a list, and where the rest begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last.
    pub next: Option<Cursor>,
}

/// The parameters of a keyset query that goes from the newest to the oldest.
#[derive(Debug)]
pub(crate) struct Keyset {
    /// Rows at or after this time and id are left out.
    pub(crate) before: Value,
    pub(crate) before_id: Value,
    /// One more than the page has, to know whether there is another.
    pub(crate) limit: Value,
    size: usize,
}

impl Keyset {
    /// A page of `limit` rows (1 to [`MAX_PAGE`]) below `before`, or the first page.
    pub(crate) fn new(before: Option<&Cursor>, limit: u32) -> Self {
        let size = limit.clamp(1, MAX_PAGE);
        let (before, before_id) = match before {
            Some(cursor) => (Value::from(cursor.at), Value::from(&cursor.id)),
            None => (Value::from(i64::MAX), Value::from("")),
        };
        Self {
            before,
            before_id,
            limit: Value::from(size + 1),
            size: usize::try_from(size).unwrap_or(usize::MAX),
        }
    }

    /// Reads the rows: the first two columns are the time and the id they are sorted by, then come those of `read`.
    pub(crate) fn page<T>(
        &self,
        rows: Vec<Row>,
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let more = rows.len() > self.size;
        let mut items = Vec::with_capacity(rows.len().min(self.size));
        let mut last = None;
        for mut row in rows.into_iter().take(self.size) {
            last = Some((row.take()?, row.take()?));
            items.push(read(&mut row)?);
        }
        let next = last.filter(|_| more).map(|(at, id)| Cursor { at, id });
        Ok(Page { items, next })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.at.as_micros(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (at, id) = text.split_once('.').ok_or(CursorError)?;
        let at = i64::from_str_radix(at, 16).map_err(|_| CursorError)?;
        let id: stdx::MessageId = id.parse().map_err(|_| CursorError)?;
        Ok(Self { at: Timestamp::from_micros(at), id: id.to_string() })
    }
}

impl fmt::Display for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a cursor")
    }
}

impl std::error::Error for CursorError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::params;

    const ID: &str = "019a9f5e-6c00-7000-8000-000000000001";

    fn row(at: i64) -> Row {
        Row::new(params![at, ID, at])
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor { at: Timestamp::from_micros(1_795_334_400_123_456), id: ID.to_owned() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn a_text_from_elsewhere_is_not_a_cursor() {
        for bad in ["", ".", "5", "5.", "x.019a9f5e-6c00-7000-8000-000000000001", "5.1", "5.';--"] {
            assert_eq!(bad.parse::<Cursor>(), Err(CursorError), "{bad}");
        }
    }

    #[test]
    fn only_a_row_too_many_makes_another_page() {
        let keyset = Keyset::new(None, 2);
        let full = keyset.page(vec![row(9), row(8)], |row| row.take::<i64>()).unwrap();
        assert_eq!(full, Page { items: vec![9, 8], next: None });
        let more = keyset.page(vec![row(9), row(8), row(7)], |row| row.take::<i64>()).unwrap();
        assert_eq!(more.items, [9, 8]);
        assert_eq!(more.next, Some(Cursor { at: Timestamp::from_micros(8), id: ID.to_owned() }));
    }

    #[test]
    fn a_page_is_never_empty_by_request_nor_endless() {
        assert_eq!(Keyset::new(None, 0).limit, Value::Int(2));
        assert_eq!(Keyset::new(None, u32::MAX).limit, Value::Int(201));
    }
}
