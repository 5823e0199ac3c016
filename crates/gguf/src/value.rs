//! Values of the header's keys.

use std::io::Read;

use super::GgufError;
use super::reader::Reader;

/// The largest text that is kept: chat templates of real models have up to 20 KB.
pub(super) const TEXT_LIMIT: u64 = 1 << 20;
/// Vocabularies have up to about 300,000 entries.
const ELEMENTS_LIMIT: u64 = 1 << 24;
/// Arrays of numbers up to this length are kept: one entry per layer.
const KEPT_ELEMENTS: u64 = 4096;

/// What is kept of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// An unsigned number, or a signed one that is not negative.
    Count(u64),
    /// A text.
    Text(String),
    /// A short array of numbers that are not negative.
    Counts(Vec<u64>),
    /// An array that was passed over, with its length.
    Array(u64),
    /// A floating-point number of four bytes.
    Float(f32),
    /// A number or flag that no fact needs.
    Other,
}

/// The types of values, by their numbers in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Unsigned, of so many bytes.
    Unsigned(u64),
    /// Signed, of so many bytes.
    Signed(u64),
    /// Floating point or a flag, of so many bytes.
    Opaque(u64),
    /// Floating point, of four bytes.
    Float,
    Text,
    Array,
}

impl Kind {
    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Unsigned(1),
            1 => Self::Signed(1),
            2 => Self::Unsigned(2),
            3 => Self::Signed(2),
            4 => Self::Unsigned(4),
            5 => Self::Signed(4),
            6 => Self::Float,
            7 => Self::Opaque(1),
            8 => Self::Text,
            9 => Self::Array,
            10 => Self::Unsigned(8),
            11 => Self::Signed(8),
            12 => Self::Opaque(8),
            _ => return None,
        })
    }
}

/// Reads the value that follows `key`.
pub(super) fn read<R: Read>(reader: &mut Reader<R>, key: &str) -> Result<Value, GgufError> {
    match read_kind(reader, key)? {
        Kind::Text => Ok(Value::Text(reader.text("a value", TEXT_LIMIT)?)),
        Kind::Array => read_array(reader, key),
        Kind::Float => Ok(Value::Float(f32::from_le_bytes(reader.array("a value")?))),
        number => Ok(read_number(reader, number)?.map_or(Value::Other, Value::Count)),
    }
}

fn read_kind<R: Read>(reader: &mut Reader<R>, key: &str) -> Result<Kind, GgufError> {
    let number = reader.u32("a value's type")?;
    Kind::from_number(number).ok_or_else(|| GgufError::ValueType { key: key.to_owned(), kind: number })
}

fn read_array<R: Read>(reader: &mut Reader<R>, key: &str) -> Result<Value, GgufError> {
    let kind = read_kind(reader, key)?;
    let count = reader.u64("an array's length")?;
    let least = match kind {
        Kind::Array => return Err(GgufError::NestedArray(key.to_owned())),
        Kind::Text => 8,
        Kind::Float => 4,
        Kind::Unsigned(size) | Kind::Signed(size) | Kind::Opaque(size) => size,
    };
    reader.ensure("an array", count.saturating_mul(least))?;
    if count > ELEMENTS_LIMIT {
        return Err(GgufError::Limit { what: "an array's length", value: count, limit: ELEMENTS_LIMIT });
    }
    match kind {
        Kind::Text => {
            for _ in 0..count {
                reader.skip_text("a text in an array")?;
            }
            Ok(Value::Array(count))
        }
        Kind::Unsigned(_) | Kind::Signed(_) if count <= KEPT_ELEMENTS => {
            reader.keep(count.saturating_mul(8))?;
            let mut counts = Vec::new();
            let mut all_counts = true;
            for _ in 0..count {
                match read_number(reader, kind)? {
                    Some(number) => counts.push(number),
                    None => all_counts = false,
                }
            }
            Ok(if all_counts { Value::Counts(counts) } else { Value::Array(count) })
        }
        _ => {
            reader.skip("an array", count.saturating_mul(least))?;
            Ok(Value::Array(count))
        }
    }
}

/// A number, when it is whole and not negative.
fn read_number<R: Read>(reader: &mut Reader<R>, kind: Kind) -> Result<Option<u64>, GgufError> {
    let (size, signed) = match kind {
        Kind::Unsigned(size) => (size, false),
        Kind::Signed(size) => (size, true),
        Kind::Opaque(size) => {
            reader.skip("a value", size)?;
            return Ok(None);
        }
        Kind::Float | Kind::Text | Kind::Array => return Ok(None),
    };
    let number = match size {
        1 => u64::from(u8::from_le_bytes(reader.array("a value")?)),
        2 => u64::from(u16::from_le_bytes(reader.array("a value")?)),
        4 => u64::from(reader.u32("a value")?),
        _ => reader.u64("a value")?,
    };
    let negative = signed && (number >> (size * 8 - 1)) & 1 == 1;
    Ok((!negative).then_some(number))
}
