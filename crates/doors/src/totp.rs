//! Codes that change with the time (TOTP, RFC 6238): SHA-1, six digits, thirty seconds, as every authenticator has them.

use ring::hmac;
use stdx::Timestamp;

const STEP_SECONDS: u64 = 30;
const DIGITS: u32 = 6;
/// Bytes of a secret: as long as the hash (RFC 4226 §4, R6).
pub const SECRET_BYTES: usize = 20;
/// How many steps a clock may be off, to either side (RFC 6238 §5.2 advises one).
const SKEW: u64 = 1;

/// The time step at which `code` is the right one, if it is about now; the earliest when there are two.
pub fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<u64> {
    let step = u64::try_from(now.as_micros()).unwrap_or(0) / 1_000_000 / STEP_SECONDS;
    let steps = step.saturating_sub(SKEW)..=step.saturating_add(SKEW);
    // All are compared, in a time that tells nothing about which fits.
    steps.fold(None, |found, step| {
        let right = format!("{:06}", code_at(secret, step, DIGITS));
        let fits: bool = subtle::ConstantTimeEq::ct_eq(right.as_bytes(), code.as_bytes()).into();
        found.or(fits.then_some(step))
    })
}

/// The code of a step (RFC 4226 §5.3).
fn code_at(secret: &[u8], step: u64, digits: u32) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or(0) & 0x0F);
    let four = bytes.iter().skip(offset).take(4);
    let number = four.fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    (number & 0x7FFF_FFFF) % 10_u32.pow(digits)
}

/// What an authenticator reads from a picture (Google's key URI format).
pub fn uri(issuer: &str, account: &str, secret: &str) -> String {
    let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )
}

/// Base32 without padding (RFC 4648 §6), as people type it.
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: [char; 32] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T',
        'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
    ];
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| usize::from((byte >> at) & 1)));
    let bits: Vec<usize> = bits.collect();
    let letter = |five: &[usize]| {
        let value = five.iter().chain([0; 4].iter()).take(5).fold(0, |value, bit| (value << 1) | bit);
        LETTERS.get(value).copied()
    };
    bits.chunks(5).filter_map(letter).collect()
}

fn percent_encoded(text: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let encode =
        |byte: u8| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// The table of RFC 6238, appendix B, for SHA-1.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59_u64, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(code_at(SECRET, seconds / STEP_SECONDS, 8), code, "{seconds}");
        }
    }

    /// The table of RFC 4226, appendix D.
    #[test]
    fn short_codes_are_those_of_the_standard() {
        let codes =
            [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(code_at(SECRET, step, 6), code, "{step}");
        }
    }

    #[test]
    fn a_clock_may_be_off_by_half_a_minute_and_no_more() {
        assert_eq!(step_of(SECRET, "287082", at(59)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(0)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(89)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(90)), None);
        for wrong in ["", "287083", "87082", "2870820", "28708२"] {
            assert_eq!(step_of(SECRET, wrong, at(59)), None, "{wrong}");
        }
    }

    /// The table of RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_standard() {
        for (text, code) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), code, "{text}");
        }
    }

    #[test]
    fn an_authenticator_can_read_the_address() {
        let expected = "otpauth://totp/Lin%20%26%20Co:%E6%9E%97?secret=MZXW6&issuer=Lin%20%26%20Co&algorithm=SHA1&digits=6&period=30";
        assert_eq!(uri("Lin & Co", "林", "MZXW6"), expected);
    }
}
