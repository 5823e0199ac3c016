//! Ids of commands that are the same whenever the same thing is heard of.

use sha2::{Digest, Sha256};
use stdx::{CommandId, EntityId};

/// The id that stands for these words: 74 bits of their hash in the form of a UUIDv7 of the year 1970. The words are
/// hashed with their lengths, so that no two lists of words are alike.
pub fn command_id(words: &[&str]) -> CommandId {
    let mut hash = Sha256::new();
    for word in words {
        hash.update(word.len().to_string());
        hash.update(":");
        hash.update(word);
    }
    let digest = hash.finalize();
    let mut random = [0; 10];
    for (byte, source) in random.iter_mut().zip(digest) {
        *byte = source;
    }
    let uuid = uuid::Builder::from_unix_timestamp_millis(0, &random).into_uuid();
    CommandId::from_uuid(uuid).unwrap_or_else(|_| unreachable!("the builder sets version 7"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_the_same_id_and_others_are_not() {
        let id = command_id(&["paid", "toy", "pay_1"]);
        assert_eq!(id, command_id(&["paid", "toy", "pay_1"]));
        for other in [&["paid", "toy", "pay_2"][..], &["paid", "toyp", "ay_1"], &["paid", "toy", "pay_1", ""]]
        {
            assert_ne!(id, command_id(other), "{other:?}");
        }
    }

    #[test]
    fn a_derived_id_is_written_and_read_like_any_other() {
        let id = command_id(&["voucher"]);
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
