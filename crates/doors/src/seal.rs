//! Secrets at rest: ChaCha20-Poly1305 (RFC 8439) with the key file of the installation.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use stdx::{Rng, Secret};

/// The key that secrets at rest are encrypted with. It lies in the data folder beside the database, never in it: a copy
/// of the database alone opens nothing.
pub struct SealKey(LessSafeKey);

impl SealKey {
    /// From 32 random bytes.
    #[expect(clippy::expect_used, reason = "the algorithm takes 32 bytes, and there are 32")]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, bytes).expect("a key of 32 bytes")))
    }

    /// Encrypts. What is sealed for one `owner` cannot be opened as another's. The nonce is random: 96 bits are enough
    /// for as many secrets as an installation has.
    #[expect(clippy::expect_used, reason = "only a text of many gigabytes is too long")]
    pub fn seal(&self, secret: &[u8], owner: &str, rng: &dyn Rng) -> String {
        let mut nonce = [0; NONCE_LEN];
        rng.fill(&mut nonce);
        let mut sealed = secret.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner.as_bytes()),
                &mut sealed,
            )
            .expect("short secrets can be sealed");
        STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts; nothing when it was sealed with another key, for another owner, or was changed.
    pub fn open(&self, sealed: &str, owner: &str) -> Option<Secret<Vec<u8>>> {
        let mut bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(owner.as_bytes()), rest).ok()?;
        Some(Secret::new(opened.to_vec()))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use stdx::SeededRng;

    use super::*;

    #[test]
    fn a_secret_comes_back_for_its_owner_alone() {
        let (key, rng) = (SealKey::new(&[1; 32]), SeededRng::new(1));
        let sealed = key.seal(b"the secret", "lin", &rng);
        assert!(!sealed.contains("secret"));
        assert_eq!(key.open(&sealed, "lin").unwrap().expose(), b"the secret");
        assert_ne!(sealed, key.seal(b"the secret", "lin", &rng), "a nonce is used once");
        assert!(key.open(&sealed, "mei").is_none());
        assert!(SealKey::new(&[2; 32]).open(&sealed, "lin").is_none());
        assert_eq!(format!("{key:?}"), "SealKey(…)");
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let key = SealKey::new(&[1; 32]);
        let sealed = key.seal(b"the secret", "lin", &SeededRng::new(1));
        let bytes = STANDARD_NO_PAD.decode(&sealed).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(key.open(&STANDARD_NO_PAD.encode(&changed), "lin").is_none(), "byte {at}");
        }
        for broken in ["", "x", "AAAA", &sealed[..10]] {
            assert!(key.open(broken, "lin").is_none(), "{broken}");
        }
    }
}
