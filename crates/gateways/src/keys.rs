//! RSA keys: ours to sign with, the gateways' to verify with (SHA-256, PKCS #1 v1.5).
//!
//! Keys are text, as gateways hand them out: PEM, or the base64 of a PEM without its first and last line.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer};
use thiserror::Error;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;
use webpki::{EndEntityCert, RawPublicKeyEntity};

/// A text is not the key that it should be.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// Not a private key.
    #[error("this is not an RSA private key of 2048 bits or more (PKCS #8 or PKCS #1, PEM or base64)")]
    NotPrivate,
    /// Not a public key.
    #[error("this is not an RSA public key or certificate (PEM or base64)")]
    NotPublic,
}

/// A private key.
pub struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Reads a key, PKCS #8 or PKCS #1.
    ///
    /// # Errors
    /// When the text is something else, or the key is shorter than 2048 bits.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let pair = if is_pem(text) {
            match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
                Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
                Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
                _ => return Err(KeyError::NotPrivate),
            }
        } else {
            let der = plain(text).ok_or(KeyError::NotPrivate)?;
            RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der))
        };
        pair.map(Self).map_err(|_| KeyError::NotPrivate)
    }

    /// The signature of a message in base64. The random bits that this takes protect the key from being measured; the
    /// signature does not depend on them.
    ///
    /// # Errors
    /// When the system has no random bits.
    pub fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| STANDARD.encode(&signature)).map_err(|_| KeyError::NotPrivate)
    }
}

/// Never the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[signing key]")
    }
}

/// A public key, or the certificate that it stands in.
#[derive(Clone, Debug)]
pub enum VerifyingKey {
    /// A key alone.
    Key(SubjectPublicKeyInfoDer<'static>),
    /// A certificate. The operator vouches for it: it is pinned, and whoever issued it does not matter.
    Certificate(CertificateDer<'static>),
}

impl VerifyingKey {
    /// Reads a key or a certificate.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let key = if text.contains("-----BEGIN CERTIFICATE-----") {
            CertificateDer::from_pem_slice(text.as_bytes()).map(Self::Certificate).ok()
        } else if is_pem(text) {
            SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).map(Self::Key).ok()
        } else {
            plain(text).map(|der| Self::Key(der.into()))
        };
        let key = key.ok_or(KeyError::NotPublic)?;
        // A key that cannot be taken apart would refuse every callback; better to refuse the configuration.
        if key.is_usable() { Ok(key) } else { Err(KeyError::NotPublic) }
    }

    /// True if the signature, in base64, is of this message and by this key.
    pub fn verify(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        match self {
            Self::Key(key) => RawPublicKeyEntity::try_from(key).is_ok_and(|key| {
                key.verify_signature(RSA_PKCS1_2048_8192_SHA256, message, &signature).is_ok()
            }),
            Self::Certificate(der) => EndEntityCert::try_from(der).is_ok_and(|certificate| {
                certificate.verify_signature(RSA_PKCS1_2048_8192_SHA256, message, &signature).is_ok()
            }),
        }
    }

    fn is_usable(&self) -> bool {
        match self {
            Self::Key(key) => RawPublicKeyEntity::try_from(key).is_ok(),
            Self::Certificate(der) => EndEntityCert::try_from(der).is_ok(),
        }
    }
}

fn is_pem(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN ")
}

fn plain(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).ok().filter(|der| !der.is_empty())
}
