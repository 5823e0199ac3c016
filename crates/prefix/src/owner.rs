//! Who may use a unit.

use serde::{Deserialize, Serialize};

/// Who may use a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "owner", content = "tag", rename_all = "snake_case")]
pub enum Owner {
    /// The words of a published agent: they tell nothing about anybody.
    Everybody,
    /// One member, by a keyed hash of their scope: files do not say whose they are.
    Member([u8; 16]),
}

impl Owner {
    /// The member with this scope.
    pub fn member(secret: &[u8; 32], scope: &str) -> Self {
        let hash = blake3::keyed_hash(secret, scope.as_bytes());
        let mut tag = [0; 16];
        for (to, from) in tag.iter_mut().zip(hash.as_bytes()) {
            *to = *from;
        }
        Self::Member(tag)
    }

    /// Whether `reader` may use what belongs to `self`. Nobody in particular may use what belongs to everybody.
    pub fn admits(self, reader: Option<Self>) -> bool {
        self == Self::Everybody || Some(self) == reader
    }

    pub(super) fn to_bytes(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        if let Self::Member(tag) = self {
            for (to, from) in bytes.iter_mut().zip([1].iter().chain(&tag)) {
                *to = *from;
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_everybody_is_for_all_and_the_rest_for_one() {
        let secret = [7; 32];
        let (anna, bert) = (Owner::member(&secret, "anna"), Owner::member(&secret, "bert"));
        assert!(Owner::Everybody.admits(None));
        assert!(Owner::Everybody.admits(Some(anna)));
        assert!(anna.admits(Some(anna)));
        assert!(!anna.admits(Some(bert)));
        assert!(!anna.admits(None));
    }

    #[test]
    fn a_tag_cannot_be_computed_without_the_secret() {
        assert_ne!(Owner::member(&[1; 32], "anna"), Owner::member(&[2; 32], "anna"));
    }

    #[test]
    fn everybody_is_not_some_member() {
        assert_ne!(Owner::Everybody.to_bytes(), Owner::Member([0; 16]).to_bytes());
    }
}
