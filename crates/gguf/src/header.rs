//! The header as a whole: keys and tensors.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Read;

use super::GgufError;
use super::reader::Reader;
use super::tensor::{self, Layout};
use super::value::{self, Value};

/// Real models have below 100 keys.
const KEYS_LIMIT: u64 = 1 << 14;
/// The specification's own limit.
const KEY_LENGTH_LIMIT: u64 = 65_535;
/// The largest mixtures of experts stay below 10,000.
const TENSORS_LIMIT: u64 = 1 << 16;
/// The least a key with its value takes: a length, a letter, a type and a byte.
const KEY_BYTES: u64 = 8 + 1 + 4 + 1;
/// The least a tensor's entry takes: a length, one dimension, its size, a type and an offset.
const TENSOR_BYTES: u64 = 8 + 4 + 8 + 4 + 8;
const DEFAULT_ALIGNMENT: u64 = 32;
const ALIGNMENT_LIMIT: u64 = 1 << 20;

/// What the header says, after all checks of form.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) values: HashMap<String, Value>,
    pub(super) tensors: HashMap<String, Layout>,
    /// The sum over the tensors, without padding.
    pub(super) tensor_bytes: u64,
}

impl Header {
    /// The model's kind, for example `llama`.
    pub(super) fn architecture(&self) -> Result<&str, GgufError> {
        match self.values.get("general.architecture") {
            Some(Value::Text(text)) if !text.is_empty() && text.len() < 64 => Ok(text),
            _ => Err(GgufError::Key("general.architecture".to_owned())),
        }
    }
}

pub(super) fn read<R: Read>(mut reader: Reader<R>) -> Result<Header, GgufError> {
    if &reader.array::<4>("the magic")? != b"GGUF" {
        return Err(GgufError::Magic);
    }
    match reader.u32("the version")? {
        2 | 3 => {}
        version if version.trailing_zeros() >= 16 && version != 0 => return Err(GgufError::BigEndian),
        version => return Err(GgufError::Version(version)),
    }
    let tensors = reader.u64("the number of tensors")?;
    let keys = reader.u64("the number of keys")?;
    within("the number of tensors", tensors, TENSORS_LIMIT)?;
    within("the number of keys", keys, KEYS_LIMIT)?;
    if tensors == 0 {
        return Err(GgufError::NoTensors);
    }
    let least = keys.saturating_mul(KEY_BYTES).saturating_add(tensors.saturating_mul(TENSOR_BYTES));
    reader.ensure("the header", least)?;
    let values = read_values(&mut reader, keys)?;
    let (tensors, tensor_bytes) = read_tensors(&mut reader, tensors, alignment(&values)?)?;
    Ok(Header { values, tensors, tensor_bytes })
}

fn within(what: &'static str, value: u64, limit: u64) -> Result<(), GgufError> {
    if value > limit { Err(GgufError::Limit { what, value, limit }) } else { Ok(()) }
}

fn read_values<R: Read>(reader: &mut Reader<R>, keys: u64) -> Result<HashMap<String, Value>, GgufError> {
    let mut values = HashMap::new();
    for _ in 0..keys {
        let key = reader.text("a key", KEY_LENGTH_LIMIT)?;
        if key.is_empty() {
            return Err(GgufError::Text { what: "a key" });
        }
        let value = value::read(reader, &key)?;
        if values.contains_key(&key) {
            return Err(GgufError::DuplicateKey(key));
        }
        values.insert(key, value);
    }
    Ok(values)
}

fn alignment(values: &HashMap<String, Value>) -> Result<u64, GgufError> {
    match values.get("general.alignment") {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(Value::Count(n)) if n.is_power_of_two() && *n <= ALIGNMENT_LIMIT => Ok(*n),
        Some(Value::Count(n)) => Err(GgufError::Alignment(*n)),
        Some(_) => Err(GgufError::Key("general.alignment".to_owned())),
    }
}

/// Checks the table of tensors against the file's length and returns it with the bytes they take together.
fn read_tensors<R: Read>(
    reader: &mut Reader<R>,
    count: u64,
    alignment: u64,
) -> Result<(HashMap<String, Layout>, u64), GgufError> {
    let mut tensors = HashMap::new();
    let mut total: u64 = 0;
    let mut expected: u64 = 0;
    let mut last = None;
    for _ in 0..count {
        let tensor = tensor::read(reader)?;
        if tensor.offset != expected {
            return Err(GgufError::Offset { name: tensor.name, offset: tensor.offset, expected });
        }
        // More than the file's length already means that it does not fit: no overflow can follow.
        let end = expected.checked_add(tensor.bytes).filter(|end| *end <= reader.length());
        let Some(end) = end else {
            let end = expected.saturating_add(tensor.bytes);
            return Err(GgufError::TensorBeyondEnd { name: tensor.name, end, length: reader.length() });
        };
        expected = end.next_multiple_of(alignment);
        total = total.saturating_add(tensor.bytes);
        last = Some((tensor.name.clone(), end));
        match tensors.entry(tensor.name) {
            Entry::Vacant(entry) => {
                entry.insert(tensor.layout);
            }
            Entry::Occupied(entry) => return Err(GgufError::DuplicateTensor(entry.key().clone())),
        }
    }
    let data = reader.at().next_multiple_of(alignment);
    if let Some((name, end)) = last {
        let end = data.saturating_add(end);
        if end > reader.length() {
            return Err(GgufError::TensorBeyondEnd { name, end, length: reader.length() });
        }
    }
    Ok((tensors, total))
}
