//! Content that is sealed with the APIv3 key: AES-256-GCM with the tag behind the ciphertext.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

/// The only algorithm there is.
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// The APIv3 key: 32 bytes that the merchant chose.
pub struct ApiV3Key(LessSafeKey);

impl ApiV3Key {
    /// Reads the key; `None` when it does not have 32 bytes.
    pub fn read(text: &str) -> Option<Self> {
        UnboundKey::new(&AES_256_GCM, text.as_bytes()).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// What was sealed; `None` when it was changed since, or sealed with another key.
    pub fn open(&self, sealed: &Sealed) -> Option<Vec<u8>> {
        if sealed.algorithm != ALGORITHM {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(sealed.nonce.as_bytes()).ok()?;
        let mut bytes = STANDARD.decode(&sealed.ciphertext).ok()?;
        let associated = Aad::from(sealed.associated_data.as_deref().unwrap_or_default().as_bytes());
        let plain = self.0.open_in_place(nonce, associated, &mut bytes).ok()?;
        Some(plain.to_vec())
    }

    /// Seals content as WeChat Pay does, for tests and for trying out a notification. The nonce has 12 bytes and is
    /// used once; `None` when it has another length.
    pub fn seal(&self, content: &[u8], nonce: &str, associated: &str) -> Option<Sealed> {
        let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
        let mut bytes = content.to_vec();
        self.0.seal_in_place_append_tag(unique, Aad::from(associated.as_bytes()), &mut bytes).ok()?;
        Some(Sealed {
            algorithm: ALGORITHM.to_owned(),
            ciphertext: STANDARD.encode(bytes),
            associated_data: Some(associated.to_owned()),
            nonce: nonce.to_owned(),
        })
    }
}

/// Never the key.
impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[APIv3 key]")
    }
}

/// Sealed content as it stands in a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// `AEAD_AES_256_GCM`.
    pub algorithm: String,
    /// The ciphertext and its tag in base64.
    pub ciphertext: String,
    /// What else the tag vouches for.
    #[serde(default)]
    pub associated_data: Option<String>,
    /// 12 bytes.
    pub nonce: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "an-api-v3-key-of-32-bytes-length";

    /// Made with Python's `cryptography`: `AESGCM(key).encrypt(b"0123456789ab", b'{"trade_state":"SUCCESS"}',
    /// b"transaction")`.
    fn vector() -> Sealed {
        Sealed {
            algorithm: ALGORITHM.to_owned(),
            ciphertext: "TeztvAM88Kp1eDSBlYcifQDUMHcAGCZQCrhI3Hd1Czu6sLZzrAnTQaw=".to_owned(),
            associated_data: Some("transaction".to_owned()),
            nonce: "0123456789ab".to_owned(),
        }
    }

    #[test]
    fn what_another_library_sealed_is_opened() {
        let key = ApiV3Key::read(KEY).unwrap();
        assert_eq!(key.open(&vector()).unwrap(), br#"{"trade_state":"SUCCESS"}"#);
        let again = key.seal(br#"{"trade_state":"SUCCESS"}"#, "0123456789ab", "transaction").unwrap();
        assert_eq!(again, vector());
    }

    #[test]
    fn whatever_is_changed_is_not_opened() {
        let key = ApiV3Key::read(KEY).unwrap();
        let mut bytes = STANDARD.decode(vector().ciphertext).unwrap();
        bytes[0] ^= 1;
        let changed = [
            Sealed { ciphertext: STANDARD.encode(bytes), ..vector() },
            Sealed { ciphertext: String::new(), ..vector() },
            Sealed { ciphertext: "%".to_owned(), ..vector() },
            Sealed { associated_data: Some("refund".to_owned()), ..vector() },
            Sealed { associated_data: None, ..vector() },
            Sealed { nonce: "0123456789ac".to_owned(), ..vector() },
            Sealed { nonce: "0123456789".to_owned(), ..vector() },
            Sealed { algorithm: "none".to_owned(), ..vector() },
        ];
        for sealed in changed {
            assert_eq!(key.open(&sealed), None, "{sealed:?}");
        }
        let other = ApiV3Key::read("another-api-v3-key-of-32-bytes--").unwrap();
        assert_eq!(other.open(&vector()), None);
    }

    #[test]
    fn a_key_has_32_bytes() {
        for bad in ["", "short", "an-api-v3-key-of-33-bytes-length!"] {
            assert!(ApiV3Key::read(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{:?}", ApiV3Key::read(KEY).unwrap()), "[APIv3 key]");
    }
}
