//! What a token is found by.

use crate::TokenHash;

/// What is stored of a token.
pub(crate) fn hash_of(token: &str) -> store::TokenHash {
    store::TokenHash::from_bytes(TokenHash::of(token).bytes())
}
