//! The signature of a webhook: `Stripe-Signature: t=<seconds>,v1=<hex>,…`, where each `v1` is an HMAC-SHA256 with one
//! of the endpoint's secrets over the seconds, a dot and the body
//! (<https://docs.stripe.com/webhooks#verify-manually>). Other schemes than `v1` are not looked at, so that nobody
//! can choose a weaker one.

use ports::CallbackError;
use ring::hmac;
use stdx::{Secret, Timestamp};

use crate::window;

/// More signatures than two secrets and an old scheme have.
const MOST_SIGNATURES: usize = 16;

/// The header for a body that is sent at an instant; what Stripe does, for tests and for trying out a webhook.
pub fn sign(secret: &Secret<String>, body: &[u8], at: Timestamp) -> String {
    let seconds = window::seconds(at).to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, &signed(&seconds, body));
    format!("t={seconds},v1={}", hex::encode(tag))
}

/// Believes a body only if one of the signatures is made with one of the secrets, and not too long ago.
///
/// # Errors
/// When it is not. Without a secret nothing is believed, and an empty one is none.
pub fn verify(
    secrets: &[Secret<String>],
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), CallbackError> {
    let Parts { seconds, signatures } = Parts::read(header)?;
    let message = signed(seconds, body);
    let keys = secrets.iter().filter(|secret| !secret.expose().trim().is_empty());
    let is_ours = keys.into_iter().any(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        signatures.iter().any(|signature| hmac::verify(&key, &message, signature).is_ok())
    });
    if !is_ours {
        return Err(CallbackError::Forged);
    }
    window::check(seconds, now)
}

struct Parts<'a> {
    /// As it is written: that is what was signed.
    seconds: &'a str,
    signatures: Vec<Vec<u8>>,
}

impl<'a> Parts<'a> {
    fn read(header: &'a str) -> Result<Self, CallbackError> {
        let mut seconds = None;
        let mut signatures = Vec::new();
        for (name, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
            match name {
                "t" if seconds.is_some() => {
                    return Err(CallbackError::Unsigned("two times in one signature"));
                }
                "t" => seconds = Some(value),
                "v1" => signatures.extend(hex::decode(value)),
                _ => {}
            }
        }
        let seconds = seconds.ok_or(CallbackError::Unsigned("no time in the signature"))?;
        if signatures.is_empty() || signatures.len() > MOST_SIGNATURES {
            return Err(CallbackError::Unsigned("no signature of scheme v1, or too many"));
        }
        Ok(Self { seconds, signatures })
    }
}

fn signed(seconds: &str, body: &[u8]) -> Vec<u8> {
    [seconds.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret_of_thirty_two_bytes`.
    const VECTOR: &str = "t=1700000000,v1=88350c258e57884bbe14a459ba6c3dbc97ae2a1230c035a8438e96ae12b9aa80";
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn ours() -> Secret<String> {
        secret("whsec_test_secret_of_thirty_two_bytes")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_signature_of_another_tool_is_the_same() {
        assert_eq!(sign(&ours(), BODY, at(1_700_000_000)), VECTOR);
        assert_eq!(verify(&[ours()], VECTOR, BODY, at(1_700_000_000)), Ok(()));
    }

    #[test]
    fn a_changed_body_another_secret_or_another_time_is_forged() {
        let now = at(1_700_000_000);
        assert_eq!(verify(&[ours()], VECTOR, b"{\"id\":\"evt_2\"}", now), Err(CallbackError::Forged));
        assert_eq!(verify(&[secret("whsec_other")], VECTOR, BODY, now), Err(CallbackError::Forged));
        let moved = VECTOR.replace("1700000000", "1700000001");
        assert_eq!(verify(&[ours()], &moved, BODY, now), Err(CallbackError::Forged));
    }

    #[test]
    fn without_a_secret_nothing_is_believed() {
        let now = at(1_700_000_000);
        for nothing in ["", "  "] {
            let header = sign(&secret(nothing), BODY, now);
            assert_eq!(verify(&[secret(nothing)], &header, BODY, now), Err(CallbackError::Forged));
        }
        assert_eq!(verify(&[], VECTOR, BODY, now), Err(CallbackError::Forged));
    }

    #[test]
    fn five_minutes_are_the_limit_in_both_directions() {
        for (now, verdict) in [
            (1_700_000_300, Ok(())),
            (1_699_999_700, Ok(())),
            (1_700_000_301, Err(CallbackError::Stale(301))),
            (1_699_999_699, Err(CallbackError::Stale(301))),
        ] {
            assert_eq!(verify(&[ours()], VECTOR, BODY, at(now)), verdict, "{now}");
        }
    }

    #[test]
    fn one_of_several_signatures_with_one_of_two_secrets_is_enough() {
        let now = at(1_700_000_000);
        let header = format!("{VECTOR},v1={},v0=abcd", "00".repeat(32));
        assert_eq!(verify(&[secret("whsec_new"), ours()], &header, BODY, now), Ok(()));
    }

    #[test]
    fn another_scheme_is_no_signature() {
        let now = at(1_700_000_000);
        let weaker = VECTOR.replace("v1=", "v0=");
        let twice = format!("t=1,{VECTOR}");
        for header in ["", "t=1700000000", "v1=00", "t=1700000000,v1=xyz", &weaker, &twice] {
            let verdict = verify(&[ours()], header, BODY, now);
            assert!(matches!(verdict, Err(CallbackError::Unsigned(_))), "{header}: {verdict:?}");
        }
    }
}
