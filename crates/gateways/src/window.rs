//! How old a signature may be. Without a limit, what was overheard once could be sent for ever.

use ports::CallbackError;
use stdx::Timestamp;

/// Seconds that a signature may be away from now, in either direction: what the gateways' documents name, five minutes.
pub(crate) const TOLERANCE: u64 = 300;

/// Whole seconds since 1970.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

/// Believes a time of signing that is near enough.
pub(crate) fn check(text: &str, now: Timestamp) -> Result<(), CallbackError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let signed: Option<i64> = if plain { text.parse().ok() } else { None };
    let signed = signed.ok_or(CallbackError::Unsigned("the time of signing is not a number of seconds"))?;
    let away = signed.abs_diff(seconds(now));
    if away <= TOLERANCE { Ok(()) } else { Err(CallbackError::Stale(away)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_digits_and_nothing_else() {
        let now = Timestamp::from_micros(0);
        for bad in ["", "-1", "+1", "1.0", " 1", "１", "99999999999999999999"] {
            assert!(matches!(check(bad, now), Err(CallbackError::Unsigned(_))), "{bad}");
        }
        assert_eq!(check("300", now), Ok(()));
        assert_eq!(check("301", now), Err(CallbackError::Stale(301)));
    }
}
