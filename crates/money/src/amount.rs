//! Amounts of money.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::sum::round_half_even;
use crate::{Currency, Money, MoneyError};

/// Micro-units (1e-6) of a currency. One yuan is `Amount::from_micros(1_000_000)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From micro-units.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In micro-units.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The same amount of a currency.
    pub const fn of(self, currency: Currency) -> Money {
        Money { amount: self, currency }
    }

    /// True below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// True above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum; `None` when it does not fit 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` when it does not fit 64 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum of many; an empty sum is nothing.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when a partial sum does not fit 128 bits or the sum 64.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        let total = amounts.into_iter().try_fold(0_i128, |sum, next| sum.checked_add(i128::from(next.0)));
        let total = i64::try_from(total.ok_or(MoneyError::Overflow)?);
        total.map(Self).map_err(|_| MoneyError::Overflow)
    }

    /// The share `part / whole` of this amount, rounded once, half to even: what is left of a period that was paid for.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when it does not fit, or when `whole` is zero.
    pub fn share(self, part: u64, whole: u64) -> Result<Self, MoneyError> {
        let numerator = i128::from(self.0).checked_mul(i128::from(part)).ok_or(MoneyError::Overflow)?;
        let micros = round_half_even(numerator, i128::from(whole)).ok_or(MoneyError::Overflow)?;
        i64::try_from(micros).map(Self).map_err(|_| MoneyError::Overflow)
    }
}

/// Reads `12.50`; more than six decimals that count are refused.
impl FromStr for Amount {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let micros = Decimal::parse(text)?.scaled(6, 1);
        let micros = micros.ok_or_else(|| MoneyError::TooFine { text: text.to_owned(), step: "0.000001" })?;
        i64::try_from(micros).map(Self).map_err(|_| MoneyError::Overflow)
    }
}

/// All six decimals, so that nothing is rounded away: `-0.000120`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prints_every_micro_unit() {
        for (micros, text) in [
            (0, "0.000000"),
            (-120, "-0.000120"),
            (1_500_000, "1.500000"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(Amount::from_micros(micros).to_string(), text);
        }
    }

    #[test]
    fn reads_what_it_prints_and_nothing_finer() {
        for (text, micros) in
            [("12.5", 12_500_000), ("-0.000120", -120), ("3.0000000000", 3_000_000), ("007", 7_000_000)]
        {
            assert_eq!(text.parse(), Ok(Amount::from_micros(micros)), "{text}");
        }
        let error = "0.0000001".parse::<Amount>().unwrap_err().to_string();
        assert_eq!(error, "\"0.0000001\" cannot be kept exactly: the smallest step is 0.000001");
        assert_eq!("9223372036854.775808".parse::<Amount>(), Err(MoneyError::Overflow));
        assert_eq!("-9223372036854.775808".parse(), Ok(Amount::from_micros(i64::MIN)));
    }

    #[test]
    fn a_share_of_nothing_whole_is_an_error_and_not_a_guess() {
        let ten = Amount::from_micros(10);
        assert_eq!(ten.share(1, 4), Ok(Amount::from_micros(2)));
        assert_eq!(ten.share(3, 4), Ok(Amount::from_micros(8)));
        assert_eq!(ten.share(1, 0), Err(MoneyError::Overflow));
    }

    #[test]
    fn a_long_sum_may_pass_beyond_64_bits_on_its_way() {
        let max = Amount::from_micros(i64::MAX);
        let back = Amount::from_micros(-i64::MAX);
        assert_eq!(Amount::sum([max, max, back]), Ok(max));
        assert_eq!(Amount::sum([max, max]), Err(MoneyError::Overflow));
        assert_eq!(Amount::sum([]), Ok(Amount::ZERO));
    }

    #[test]
    fn sums_that_do_not_fit_are_refused() {
        let max = Amount::from_micros(i64::MAX);
        assert_eq!(max.checked_add(Amount::from_micros(1)), None);
        assert_eq!(max.checked_sub(max), Some(Amount::ZERO));
    }

    proptest! {
        #[test]
        fn every_amount_is_read_back_from_its_print(micros: i64) {
            let amount = Amount::from_micros(micros);
            prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
        }
    }
}
