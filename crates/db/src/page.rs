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

impl Cursor {
    /// Behind a row.
    pub fn at(at: Timestamp, id: impl fmt::Display) -> Self {
        Self { at, id: id.to_string() }
    }

    /// True when the rest of a list begins later at `other`.
    pub fn is_behind(&self, other: &Self) -> bool {
        (self.at, &self.id) < (other.at, &other.id)
    }
}

/// The parameters of a keyset query that goes from the newest to the oldest.
#[derive(Debug)]
pub struct Keyset {
    /// Rows at or after this time and id are left out.
    pub before: Value,
    /// The id that belongs to the time.
    pub before_id: Value,
    /// One more than the page has, to know whether there is another.
    pub limit: Value,
    size: usize,
}

impl Keyset {
    /// A page of `limit` rows (1 to [`MAX_PAGE`]) below `before`, or the first page.
    pub fn new(before: Option<&Cursor>, limit: u32) -> Self {
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

    /// Reads the rows; `place` tells the time and the id they are sorted by.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn page<T, I: fmt::Display>(
        &self,
        rows: Vec<Row>,
        read: impl FnMut(Row) -> Result<T, StoreError>,
        place: impl Fn(&T) -> (Timestamp, I),
    ) -> Result<Page<T>, StoreError> {
        Ok(self.cut(rows.into_iter().map(read).collect::<Result<_, _>>()?, place))
    }

    /// The page of what was read, which is as long as the page or one longer when there is more.
    pub fn cut<T, I: fmt::Display>(
        &self,
        mut items: Vec<T>,
        place: impl Fn(&T) -> (Timestamp, I),
    ) -> Page<T> {
        let more = items.len() > self.size;
        items.truncate(self.size);
        let next = items.last().filter(|_| more).map(|last| {
            let (at, id) = place(last);
            Cursor::at(at, id)
        });
        Page { items, next }
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
    use crate::params;

    const ID: &str = "019a9f5e-6c00-7000-8000-000000000001";

    fn row(at: i64) -> Row {
        Row::new(params![at])
    }

    fn page(keyset: &Keyset, rows: Vec<Row>) -> Page<Timestamp> {
        keyset.page(rows, |mut row| row.take(), |at| (*at, ID)).unwrap()
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
        let at = Timestamp::from_micros;
        assert_eq!(page(&keyset, vec![row(9), row(8)]), Page { items: vec![at(9), at(8)], next: None });
        let more = page(&keyset, vec![row(9), row(8), row(7)]);
        let next = Some(Cursor { at: at(8), id: ID.to_owned() });
        assert_eq!(more, Page { items: vec![at(9), at(8)], next });
    }

    #[test]
    fn a_page_is_never_empty_by_request_nor_endless() {
        assert_eq!(Keyset::new(None, 0).limit, Value::Int(2));
        assert_eq!(Keyset::new(None, u32::MAX).limit, Value::Int(201));
    }
}
