//! Keys in all the forms that gateways hand them out in, and signatures against OpenSSL.

use fakegateways::keys::{
    OURS, OURS_PKCS1, OURS_PUBLIC, THEIRS, THEIRS_CERTIFICATE, THEIRS_PUBLIC, bare, signing, verifying,
};
use gateways::{KeyError, SigningKey, VerifyingKey};

const WRONG: &str = include_str!("keys/wrong.pem");
const WRONG_PUBLIC: &str = include_str!("keys/wrong.pub.pem");
const OPENSSL: &str = include_str!("keys/message.sig");

#[test]
fn a_signature_is_the_one_that_openssl_makes() {
    assert_eq!(signing(THEIRS).sign(b"a message").unwrap(), OPENSSL);
}

#[test]
fn a_key_is_read_in_every_form() {
    for text in [OURS, OURS_PKCS1, &bare(OURS), &bare(OURS_PKCS1)] {
        let signature = signing(text).sign(b"a message").unwrap();
        assert!(verifying(OURS_PUBLIC).verify(b"a message", &signature), "{text}");
    }
    for text in [THEIRS_PUBLIC, THEIRS_CERTIFICATE, &bare(THEIRS_PUBLIC)] {
        assert!(verifying(text).verify(b"a message", OPENSSL), "{text}");
    }
}

#[test]
fn a_signature_is_of_one_message_and_one_key() {
    let key = verifying(THEIRS_PUBLIC);
    assert!(!key.verify(b"another message", OPENSSL));
    assert!(!verifying(OURS_PUBLIC).verify(b"a message", OPENSSL));
    for bad in ["", "%", "AAAA", &OPENSSL.replace('A', "B"), &format!("{OPENSSL}AAAA")] {
        assert!(!key.verify(b"a message", bad), "{bad}");
    }
}

#[test]
fn what_is_no_key_is_refused_before_it_is_needed() {
    for bad in ["", "hello", "AAAA", WRONG, THEIRS_PUBLIC, &bare(WRONG)] {
        assert_eq!(SigningKey::read(bad).err(), Some(KeyError::NotPrivate), "{bad}");
    }
    for bad in ["", "hello", "AAAA", THEIRS, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
        assert_eq!(VerifyingKey::read(bad).err(), Some(KeyError::NotPublic), "{bad}");
    }
    // A key of another kind is read, and nothing is believed that it signed.
    let other_kind = VerifyingKey::read(WRONG_PUBLIC);
    assert!(other_kind.is_err() || !other_kind.unwrap().verify(b"a message", OPENSSL));
}

#[test]
fn a_private_key_is_never_printed() {
    assert_eq!(format!("{:?}", signing(OURS)), "[signing key]");
}
