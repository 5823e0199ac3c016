//! Decimal numbers in text, without floating point on the way.

use crate::MoneyError;

/// More digits than any amount or rate has, and few enough that powers of ten fit 128 bits.
const MAX_DIGITS: usize = 24;

/// `digits / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    scale: u32,
}

impl Decimal {
    /// Reads `-12.50`: digits, at most one point between digits, nothing else.
    pub(crate) fn parse(text: &str) -> Result<Self, MoneyError> {
        let wrong = || MoneyError::NotDecimal { text: text.to_owned() };
        let (negative, plain) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = plain.split_once('.').map_or((plain, None), |(a, b)| (a, Some(b)));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = plain.len() <= MAX_DIGITS;
        if !fits || !is_number(whole) || !fraction.is_none_or(is_number) {
            return Err(wrong());
        }
        let fraction = fraction.unwrap_or("").trim_end_matches('0');
        let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
        let scale = u32::try_from(fraction.len()).map_err(|_| wrong())?;
        Ok(Self { digits: if negative { -digits } else { digits }, scale })
    }

    /// True below zero.
    pub(crate) fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// The number times `10^(12 + exponent)`; `None` when that is no whole number or does not fit.
    pub(crate) fn picos(self, exponent: i32) -> Option<i128> {
        let shift = exponent.checked_add(12)?.checked_sub(i32::try_from(self.scale).ok()?)?;
        let power = 10_i128.checked_pow(shift.unsigned_abs());
        match (self.digits, power) {
            (0, _) => Some(0),
            (digits, Some(power)) if shift >= 0 => digits.checked_mul(power),
            (digits, Some(power)) if digits % power == 0 => Some(digits / power),
            _ => None,
        }
    }

    /// The number times `10^exponent`, divided by `count`; `None` when that is no whole number or does not fit.
    pub(crate) fn scaled(self, exponent: u32, count: u64) -> Option<i128> {
        let numerator = self.digits.checked_mul(10_i128.checked_pow(exponent)?)?;
        let denominator = 10_i128.checked_pow(self.scale)?.checked_mul(i128::from(count))?;
        let is_whole = numerator.checked_rem(denominator)? == 0;
        if is_whole { numerator.checked_div(denominator) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_numbers() {
        for bad in
            ["", "-", ".5", "5.", "1,5", "1 ", " 1", "+1", "1e6", "0x1", "--1", "1.-5", "１", "1_000", "nan"]
        {
            assert!(matches!(Decimal::parse(bad), Err(MoneyError::NotDecimal { .. })), "{bad:?}");
        }
        assert!(Decimal::parse(&"9".repeat(25)).is_err());
    }

    #[test]
    fn scaling_is_exact_or_nothing() {
        let three = Decimal::parse("3.00").unwrap();
        assert_eq!(three.scaled(12, 1_000_000), Some(3_000_000));
        assert_eq!(Decimal::parse("0.0000001").unwrap().scaled(6, 1), None);
        assert_eq!(Decimal::parse("1").unwrap().scaled(6, 3), None);
        assert_eq!(Decimal::parse("1").unwrap().scaled(6, 0), None);
    }
}
