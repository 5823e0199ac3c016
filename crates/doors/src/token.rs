//! Tokens: 256 random bits, stored only as their hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use stdx::{Rng, Secret};

/// SHA-256 of a token. A token has 256 random bits, so a slow hash would add nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token as it came with a request.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Its bytes, to be stored.
    pub fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// Compares without telling by its time where two hashes differ.
    pub fn matches(self, token: &str) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), Self::of(token).0.as_slice()).into()
    }
}

/// A fresh token: `prefix`, then 43 characters of base64url.
pub fn fresh_token(prefix: &str, rng: &dyn Rng) -> Secret<String> {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use stdx::SeededRng;

    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_alone() {
        let token = fresh_token("hk_", &SeededRng::new(1));
        assert_eq!(token.expose().len(), 3 + 43);
        let hash = TokenHash::of(token.expose());
        assert!(hash.matches(token.expose()) && !hash.matches("hk_x"));
    }
}
