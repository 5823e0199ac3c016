//! An authenticator: shows the code of a secret (RFC 6238).

use ring::hmac;
use stdx::Timestamp;

/// The six digits that an authenticator with this secret (in base 32) shows at this time.
pub fn authenticator(secret: &str, now: Timestamp) -> String {
    let bits: String = secret.chars().map(|letter| format!("{:05b}", letter_value(letter))).collect();
    let bytes: Vec<u8> = (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(bits.get(at * 8..at * 8 + 8).unwrap(), 2).unwrap())
        .collect();
    let step = u64::try_from(now.as_micros()).unwrap() / 30_000_000;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref().last().unwrap() & 15);
    let four: [u8; 4] = tag.as_ref().get(at..at + 4).unwrap().try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7FFF_FFFF) % 1_000_000)
}

fn letter_value(letter: char) -> u32 {
    letter.to_digit(36).map(|value| if letter.is_ascii_digit() { value + 24 } else { value - 10 }).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_what_the_standard_says() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(authenticator(secret, Timestamp::from_micros(59_000_000)), "287082");
    }
}
