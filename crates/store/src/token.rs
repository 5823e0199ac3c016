//! Hashes of session tokens and API keys.

use db::Value;
use std::fmt;

/// The hash of a token that was handed out; the token itself is never kept. The caller hashes (SHA-256 of at least
/// 128 random bits needs no salt and no stretching).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Takes the 32 bytes of the hash.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl From<TokenHash> for Value {
    fn from(hash: TokenHash) -> Self {
        Self::Text(hex::encode(hash.0))
    }
}
