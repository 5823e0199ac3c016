//! Whole characters out of tokens that may split them.

/// Collects bytes and gives out whole characters. Bytes that can never become a character are U+FFFD, as
/// [`String::from_utf8_lossy`] counts them.
#[derive(Debug, Default)]
pub(super) struct Utf8Assembler {
    /// The beginning of a character: at most three bytes.
    pending: Vec<u8>,
}

impl Utf8Assembler {
    /// True when nothing waits for the rest of its bytes.
    pub(super) fn is_whole(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.pending);
        all.extend_from_slice(bytes);
        let mut text = String::with_capacity(all.len());
        let mut rest = all.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    return text;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(bad) = error.error_len() else {
                        self.pending = after.to_vec();
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = after.get(bad..).unwrap_or_default();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_character_comes_when_its_last_byte_does() {
        let mut utf8 = Utf8Assembler::default();
        let bytes = "好".as_bytes();
        assert_eq!(utf8.push(&bytes[..1]), "");
        assert_eq!(utf8.push(&bytes[1..2]), "");
        assert!(!utf8.is_whole());
        assert_eq!(utf8.push(&bytes[2..]), "好");
        assert!(utf8.is_whole());
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_do_not_stay() {
        let mut utf8 = Utf8Assembler::default();
        assert_eq!(utf8.push(&[0xff, b'a', 0xe5, b'b']), "\u{fffd}a\u{fffd}b");
        assert_eq!(utf8.push(b"c"), "c");
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_cut_are_what_the_lossy_reading_gives(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
            size in 1_usize..5,
        ) {
            let mut utf8 = Utf8Assembler::default();
            let mut text = String::new();
            for chunk in bytes.chunks(size) {
                text += &utf8.push(chunk);
                prop_assert!(utf8.pending.len() < 4);
            }
            let whole = String::from_utf8_lossy(&bytes).into_owned();
            let cut = !utf8.pending.is_empty();
            if cut { text.push(char::REPLACEMENT_CHARACTER); }
            prop_assert_eq!(text, whole);
        }
    }
}
