//! Keys of merchants and gateways that do not exist.

use gateways::{SigningKey, VerifyingKey};

/// The merchant's private key.
pub const OURS: &str = include_str!("keys/ours.pem");
/// The same in the older form.
pub const OURS_PKCS1: &str = include_str!("keys/ours.pkcs1.pem");
/// The merchant's public key.
pub const OURS_PUBLIC: &str = include_str!("keys/ours.pub.pem");
/// The gateway's private key.
pub const THEIRS: &str = include_str!("keys/theirs.pem");
/// The gateway's public key.
pub const THEIRS_PUBLIC: &str = include_str!("keys/theirs.pub.pem");
/// The gateway's public key in a certificate.
pub const THEIRS_CERTIFICATE: &str = include_str!("keys/theirs.cert.pem");
/// The private key of somebody else.
pub const OTHER: &str = include_str!("keys/other.pem");

/// A private key.
pub fn signing(text: &str) -> SigningKey {
    SigningKey::read(text).unwrap()
}

/// A public key.
pub fn verifying(text: &str) -> VerifyingKey {
    VerifyingKey::read(text).unwrap()
}

/// Without its first and last line, as Alipay's pages show keys.
pub fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}
