//! A unit as a file: head, seal, state.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HTPREFIX` |
//! | 4 | length of the head, little-endian |
//! | … | the head, JSON |
//! | 32 | BLAKE3 of all the above, keyed with the folder's secret |
//! | … | the state; the head has its length and its hash |
//!
//! The state goes into C++ that trusts it, so nothing is given out that was not sealed with this folder's secret.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::owner::Owner;
use super::tree::Sketch;
use super::unit::{Key, Unit};

const MAGIC: [u8; 8] = *b"HTPREFIX";
/// A head is some kilobytes; what claims to be longer is not ours.
const HEAD_LIMIT: u32 = 16 << 20;
const SEAL: usize = 32;

/// Why a file is not used.
#[derive(Debug, Error)]
pub(super) enum FileError {
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("it is damaged or comes from elsewhere: {0}")]
    Foreign(&'static str),
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    key: Key,
    parent: Key,
    #[serde(flatten)]
    owner: Owner,
    start: usize,
    tokens: Box<[i32]>,
    state_bytes: usize,
    state_hash: Key,
}

/// Writes a unit.
pub(super) fn write(unit: &Unit, secret: &[u8; 32], target: &mut impl Write) -> io::Result<()> {
    let head = Head {
        key: unit.key,
        parent: unit.parent,
        owner: unit.owner,
        start: unit.start,
        tokens: unit.tokens.clone(),
        state_bytes: unit.state.len(),
        state_hash: Key::of_state(&unit.state),
    };
    let json = serde_json::to_vec(&head)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    let sealed = [&MAGIC[..], &length.to_le_bytes(), &json].concat();
    target.write_all(&sealed)?;
    target.write_all(blake3::keyed_hash(secret, &sealed).as_bytes())?;
    target.write_all(&unit.state)
}

/// Reads what a file says about its unit, without the state.
pub(super) fn read_sketch(secret: &[u8; 32], source: &mut impl Read) -> Result<Sketch, FileError> {
    let head = read_head(secret, source)?;
    let tokens = u64::try_from(size_of_val(&*head.tokens)).unwrap_or(u64::MAX);
    Ok(Sketch {
        key: head.key,
        parent: head.parent,
        owner: head.owner,
        start: head.start,
        tokens: head.tokens,
        bytes: tokens.saturating_add(u64::try_from(head.state_bytes).unwrap_or(u64::MAX)),
    })
}

/// Reads a unit.
pub(super) fn read(secret: &[u8; 32], source: &mut impl Read) -> Result<Unit, FileError> {
    let head = read_head(secret, source)?;
    let mut state = Vec::new();
    // One byte more than there should be shows a file that is too long.
    let limit = u64::try_from(head.state_bytes).unwrap_or(u64::MAX).saturating_add(1);
    source.take(limit).read_to_end(&mut state)?;
    if state.len() != head.state_bytes || Key::of_state(&state) != head.state_hash {
        return Err(FileError::Foreign("the state is not the one that was written"));
    }
    let Head { key, parent, owner, start, tokens, .. } = head;
    Ok(Unit { key, parent, owner, start, tokens, state: state.into() })
}

fn read_head(secret: &[u8; 32], source: &mut impl Read) -> Result<Head, FileError> {
    let mut sealed = vec![0; MAGIC.len() + size_of::<u32>()];
    source.read_exact(&mut sealed).map_err(cut)?;
    let Some((MAGIC, length)) = sealed.split_first_chunk().map(|(magic, rest)| (*magic, rest)) else {
        return Err(FileError::Foreign("it does not begin as it should"));
    };
    let length = length.try_into().map(u32::from_le_bytes).ok().filter(|length| *length <= HEAD_LIMIT);
    let length = length.ok_or(FileError::Foreign("its head is too long"))?;
    source.by_ref().take(u64::from(length)).read_to_end(&mut sealed)?;
    let mut seal = [0; SEAL];
    source.read_exact(&mut seal).map_err(cut)?;
    if blake3::keyed_hash(secret, &sealed) != blake3::Hash::from_bytes(seal) {
        return Err(FileError::Foreign("its seal is broken"));
    }
    let json = sealed.get(MAGIC.len() + size_of::<u32>()..).unwrap_or_default();
    let head: Head = serde_json::from_slice(json).map_err(|_| FileError::Foreign("its head is no head"))?;
    // What was sealed is what was meant, but a key that does not fit its own tokens must never be found.
    if head.key != head.parent.child(head.owner, &head.tokens) {
        return Err(FileError::Foreign("its name does not fit its tokens"));
    }
    Ok(head)
}

fn cut(error: io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FileError::Foreign("it is cut"),
        _ => FileError::Io(error),
    }
}

impl Key {
    /// The hash of a state.
    fn of_state(state: &[u8]) -> Self {
        Self::from_bytes(*blake3::hash(state).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: [u8; 32] = [3; 32];

    fn unit() -> Unit {
        let parent = Key::root("model");
        let tokens = [5, -1, 70_000];
        let owner = Owner::member(&SECRET, "anna");
        let state = (0..=255).collect::<Vec<u8>>().into();
        Unit { key: parent.child(owner, &tokens), parent, owner, start: 0, tokens: tokens.into(), state }
    }

    fn bytes() -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&unit(), &SECRET, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_unit_comes_back_as_it_was() {
        assert_eq!(read(&SECRET, &mut bytes().as_slice()).unwrap(), unit());
        assert_eq!(read_sketch(&SECRET, &mut bytes().as_slice()).unwrap(), Sketch::from(&unit()));
    }

    #[test]
    fn a_file_of_another_folder_is_foreign() {
        let read = read(&[4; 32], &mut bytes().as_slice());
        assert!(matches!(read, Err(FileError::Foreign("its seal is broken"))), "{read:?}");
    }

    #[test]
    fn a_file_that_is_too_long_is_refused() {
        let mut bytes = bytes();
        bytes.push(0);
        assert!(read(&SECRET, &mut bytes.as_slice()).is_err());
    }

    #[test]
    fn a_length_beyond_reason_is_refused_before_anything_is_read() {
        let mut bytes = bytes();
        bytes.splice(8..12, u32::MAX.to_le_bytes());
        assert!(matches!(
            read(&SECRET, &mut bytes.as_slice()),
            Err(FileError::Foreign("its head is too long"))
        ));
    }

    proptest! {
        #[test]
        fn a_flipped_bit_is_noticed(at in 0..bytes().len(), bit in 0_u8..8) {
            let mut bytes = bytes();
            bytes[at] ^= 1 << bit;
            prop_assert!(read(&SECRET, &mut bytes.as_slice()).is_err());
        }

        #[test]
        fn a_cut_is_noticed(length in 0..bytes().len()) {
            prop_assert!(read(&SECRET, &mut &bytes()[..length]).is_err());
        }
    }
}
