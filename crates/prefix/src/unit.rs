//! A unit, its name, and where units end.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::owner::Owner;

/// The longest unit, in tokens. Saving or restoring one takes the model's thread a few milliseconds (measured: 3 ms
/// and 3.1 MB for a model of half a billion parameters), so that nobody's answer is held up.
pub(crate) const INTERVAL: usize = 256;
/// Shorter ends of answers are not worth a unit of their own: computing them is as fast as looking for them.
const LEAST: usize = 16;

/// Names a unit: a hash over everything that its content depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// From everything, apart from the tokens, that the model's state depends on.
    pub fn root(identity: &str) -> Self {
        Self(blake3::derive_key("hutong 2026-11-22 prefix cache: model and build", identity.as_bytes()))
    }

    /// What first units follow that were computed with an adapter on top.
    pub fn adapted(self, adapter: &str, scale: f32) -> Self {
        let parts = [self.0.as_slice(), &scale.to_bits().to_le_bytes(), adapter.as_bytes()].concat();
        Self(blake3::derive_key("hutong 2026-11-22 prefix cache: adapter", &parts))
    }

    /// The unit that follows `self` with these tokens.
    pub fn child(self, owner: Owner, tokens: &[i32]) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&owner.to_bytes());
        for token in tokens {
            hasher.update(&token.to_le_bytes());
        }
        Self(*hasher.finalize().as_bytes())
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// Reads what [`to_hex`](Self::to_hex) writes.
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|hash| Self(*hash.as_bytes()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_hex().get(..8).unwrap_or_default())
    }
}

impl Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("a key has 64 hexadecimal digits"))
    }
}

/// The model's state for some tokens of a prompt.
#[derive(Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub key: Key,
    /// The unit before it, or the root.
    pub parent: Key,
    /// Who may use it.
    pub owner: Owner,
    /// The position of the first token.
    pub start: usize,
    /// Its own tokens.
    pub tokens: Box<[i32]>,
    /// As llama.cpp gives it.
    pub state: Box<[u8]>,
}

impl Unit {
    /// The position behind the last token.
    pub fn end(&self) -> usize {
        self.start + self.tokens.len()
    }

    /// What it takes in memory and on disk, in bytes.
    pub fn bytes(&self) -> u64 {
        u64::try_from(self.state.len() + size_of_val(&*self.tokens)).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unit({:?} behind {:?}, {}..{})", self.key, self.parent, self.start, self.end())
    }
}

/// Where the units of a prompt end that has units up to `from` already: at the end of the fixed prompt, at `to`, and
/// every [`INTERVAL`] tokens. `whole` units, which hold everything before them too, end only where it matters.
pub fn edges(from: usize, fixed: usize, to: usize, whole: bool) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = from;
    for goal in [fixed.min(to), to] {
        while !whole && goal > at + INTERVAL {
            at += INTERVAL;
            ends.push(at);
        }
        let least = if goal == fixed { 1 } else { LEAST };
        if goal >= at + least {
            at = goal;
            ends.push(at);
        }
    }
    ends
}

/// Units for tests.
#[cfg(test)]
pub(super) mod tests_support {
    use super::*;

    /// A unit of four bytes a token.
    pub(crate) fn unit(parent: Key, owner: Owner, start: usize, tokens: &[i32]) -> Unit {
        let state = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
        Unit { key: parent.child(owner, tokens), parent, owner, start, tokens: tokens.into(), state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_end_where_a_conversation_is_taken_up_again_and_every_interval() {
        assert_eq!(edges(0, 600, 700, false), [256, 512, 600, 700]);
        assert_eq!(edges(0, 0, 300, false), [256, 300]);
        assert_eq!(edges(600, 600, 700, false), [700]);
        assert_eq!(edges(300, 600, 700, false), [556, 600, 700]);
    }

    #[test]
    fn a_state_that_cannot_be_cut_is_kept_only_where_it_matters() {
        assert_eq!(edges(0, 600, 2000, true), [600, 2000]);
        assert_eq!(edges(600, 600, 2000, true), [2000]);
    }

    #[test]
    fn a_few_tokens_are_no_unit_but_a_short_fixed_prompt_is() {
        assert_eq!(edges(700, 600, 710, false), Vec::<usize>::new());
        assert_eq!(edges(0, 3, 8, false), [3]);
        assert_eq!(edges(5, 0, 5, false), Vec::<usize>::new());
    }

    #[test]
    fn a_key_depends_on_all_that_its_content_depends_on() {
        let root = Key::root("model");
        let key = root.child(Owner::Everybody, &[1, 2]);
        assert_ne!(key, Key::root("other").child(Owner::Everybody, &[1, 2]));
        assert_ne!(key, root.child(Owner::Everybody, &[1, 3]));
        assert_ne!(key, root.child(Owner::member(&[0; 32], "anna"), &[1, 2]));
        assert_ne!(key.child(Owner::Everybody, &[3]), root.child(Owner::Everybody, &[1, 2, 3]));
        let adapted = root.adapted("4f", 0.5);
        assert_ne!(adapted, root);
        assert_ne!(adapted, root.adapted("4f", 0.25));
        assert_ne!(adapted, root.adapted("4e", 0.5));
        assert_eq!(Key::from_hex(&key.to_hex()), Some(key));
        assert_eq!(Key::from_hex("zz"), None);
    }
}
