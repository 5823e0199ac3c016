//! Keeps what a grammar lets a model write within UTF-8. llama.cpp's grammars count code points and take halves of
//! pairs of surrogates, overlong forms and bytes that continue nothing for such, too.

use std::collections::HashMap;
use std::sync::Arc;

use llama_cpp_4::model::{LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use llama_cpp_4::token::data_array::LlamaTokenDataArray;

/// The tokens of a vocabulary that are no text by themselves, with their bytes.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    fragments: HashMap<i32, Vec<u8>>,
}

impl Pieces {
    /// Looks at the whole vocabulary once.
    pub(super) fn of(model: &LlamaModel) -> Self {
        let mut bytes = Vec::new();
        let fragments = (0..model.n_vocab()).filter_map(|id| {
            model.token_to_raw_bytes_into(LlamaToken(id), Special::Tokenize, &mut bytes).ok()?;
            str::from_utf8(&bytes).is_err().then(|| (id, bytes.clone()))
        });
        Self { fragments: fragments.collect() }
    }
}

/// A text that is written token by token.
#[derive(Debug)]
pub(super) struct Writing {
    pieces: Arc<Pieces>,
    /// The first bytes of a character that is not whole yet.
    open: Vec<u8>,
}

impl Writing {
    pub(super) fn new(pieces: Arc<Pieces>) -> Self {
        Self { pieces, open: Vec::new() }
    }

    /// Whether the text stays text, or can become it again by further bytes.
    pub(super) fn allows(&self, token: LlamaToken) -> bool {
        self.after(token).is_some()
    }

    /// Makes impossible what would tear a character.
    pub(super) fn filter(&self, candidates: &mut LlamaTokenDataArray) {
        for candidate in &mut candidates.data {
            if !self.allows(candidate.id()) {
                candidate.set_logit(f32::NEG_INFINITY);
            }
        }
    }

    /// Goes on by a token. Behind one that is not allowed it begins anew.
    pub(super) fn accept(&mut self, token: LlamaToken) {
        self.open = self.after(token).unwrap_or_default();
    }

    /// The bytes that stay open; nothing when no text can come of it any more.
    fn after(&self, token: LlamaToken) -> Option<Vec<u8>> {
        let Some(bytes) = self.pieces.fragments.get(&token.0) else {
            return self.open.is_empty().then(Vec::new);
        };
        let mut text = self.open.clone();
        text.extend_from_slice(bytes);
        match str::from_utf8(&text) {
            Ok(_) => Some(Vec::new()),
            Err(error) if error.error_len().is_none() => Some(text.split_off(error.valid_up_to())),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of tokens that are these bytes; the first token that is refused.
    fn refused(tokens: &[&[u8]]) -> Option<usize> {
        let fragments = (0..).zip(tokens).filter(|(_, bytes)| str::from_utf8(bytes).is_err());
        let fragments = fragments.map(|(id, bytes)| (id, bytes.to_vec())).collect();
        let mut writing = Writing::new(Arc::new(Pieces { fragments }));
        tokens.iter().zip(0..).position(|(_, id)| {
            let allows = writing.allows(LlamaToken(id));
            writing.accept(LlamaToken(id));
            !allows
        })
    }

    #[test]
    fn characters_may_come_in_pieces() {
        assert_eq!(refused(&[b"ab", "人".as_bytes(), b""]), None);
        assert_eq!(refused(&[b"a\xE4", b"\xBA", b"\xBA\xF0\x9F", b"\x8E\x89!", b"b"]), None);
    }

    #[test]
    fn what_is_no_character_is_refused_where_it_shows() {
        // Half of a pair of surrogates, overlong forms, beyond the last code point, and what begins nothing.
        for bytes in [&b"\xED\xA0"[..], b"\xC0\x81", b"\xE0\x81\x81", b"\xF4\x90", b"\xF8\x88", b"\x80"] {
            assert_eq!(refused(&[b"a", bytes]), Some(1), "{bytes:x?}");
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert!(refused(&single).is_some(), "{bytes:x?}");
        }
        assert_eq!(refused(&[b"\xE4\xBA", b"a"]), Some(1));
        assert_eq!(refused(&[b"\xE4\xBA", "人".as_bytes()]), Some(1));
        assert_eq!(refused(&[b"\xE4", b"\xE4"]), Some(1));
    }

    #[test]
    fn behind_what_was_refused_it_begins_anew() {
        let fragments = HashMap::from([(0, b"\xE4".to_vec()), (1, b"\xED\xA0".to_vec())]);
        let mut writing = Writing::new(Arc::new(Pieces { fragments }));
        writing.accept(LlamaToken(0));
        assert!(!writing.allows(LlamaToken(7)));
        writing.accept(LlamaToken(1));
        assert!(writing.allows(LlamaToken(7)));
    }
}
