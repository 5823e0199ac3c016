//! Sums that are exact until they are rounded, and the one rounding function.

use crate::{Amount, ExchangeRate, MoneyError, Rate};

const PICOS_PER_MICRO: i128 = 1_000_000;
const NANOS_PER_UNIT: i128 = 1_000_000_000;
const THOUSANDTHS: i128 = 1_000;

/// An exact sum of rates times counts, in pico-units (1e-12) of one currency. It becomes an amount by being rounded,
/// which consumes it: nothing is rounded twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum(i128);

impl Sum {
    /// This sum and `count` things at `rate`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] beyond 128 bits.
    pub fn and(self, rate: Rate, count: u64) -> Result<Self, MoneyError> {
        let cost = i128::from(rate.picos()).checked_mul(i128::from(count));
        cost.and_then(|cost| self.0.checked_add(cost)).map(Self).ok_or(MoneyError::Overflow)
    }

    /// Both sums.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] beyond 128 bits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).map(Self).ok_or(MoneyError::Overflow)
    }

    /// The nearest amount, ties to the even one.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when it does not fit an [`Amount`].
    pub fn round(self) -> Result<Amount, MoneyError> {
        amount(self.0, PICOS_PER_MICRO)
    }

    /// The nearest amount of the currency that the exchange rate leads to; conversion and rounding are one step.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when it does not fit an [`Amount`].
    pub fn round_at(self, exchange: &ExchangeRate) -> Result<Amount, MoneyError> {
        self.worth(exchange)?.round()
    }

    /// What it is worth in the currency that the exchange rate leads to, exactly: sums of several currencies are compared
    /// so, before anything is rounded.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] beyond 128 bits.
    pub fn worth(&self, exchange: &ExchangeRate) -> Result<Worth, MoneyError> {
        let converted = self.0.checked_mul(i128::from(exchange.nanos()));
        converted
            .and_then(|converted| converted.checked_mul(THOUSANDTHS))
            .map(Worth)
            .ok_or(MoneyError::Overflow)
    }
}

/// A sum in another currency, exactly: 1e-24 of it. Only worths of one currency can be compared; whoever makes them knows
/// which it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worth(i128);

impl Worth {
    /// The nearest amount, ties to the even one.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when it does not fit an [`Amount`].
    pub fn round(self) -> Result<Amount, MoneyError> {
        amount(self.0, PICOS_PER_MICRO * NANOS_PER_UNIT * THOUSANDTHS)
    }

    /// This worth and so many thousandths of another one: what is expected of something that comes about in so many of a
    /// thousand cases. Exact where the other one is the worth of a sum.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] beyond 128 bits.
    pub fn and_thousandths(self, other: Self, thousandths: u16) -> Result<Self, MoneyError> {
        let part = (other.0 / THOUSANDTHS).checked_mul(i128::from(thousandths));
        part.and_then(|part| self.0.checked_add(part)).map(Self).ok_or(MoneyError::Overflow)
    }
}

fn amount(numerator: i128, denominator: i128) -> Result<Amount, MoneyError> {
    let micros = round_half_even(numerator, denominator).ok_or(MoneyError::Overflow)?;
    i64::try_from(micros).map(Amount::from_micros).map_err(|_| MoneyError::Overflow)
}

/// `numerator / denominator`, to the nearest integer, ties to the even one (IEEE 754-2019 §4.3.1); `None` unless the
/// denominator is positive.
pub(crate) fn round_half_even(numerator: i128, denominator: i128) -> Option<i128> {
    if denominator <= 0 {
        return None;
    }
    let floor = numerator.checked_div_euclid(denominator)?;
    let rest = numerator.checked_rem_euclid(denominator)?;
    // `rest > denominator - rest` says that twice the rest is more, without doubling it.
    let to_next = denominator - rest;
    let up = rest > to_next || (rest == to_next && floor.rem_euclid(2) == 1);
    floor.checked_add(i128::from(up))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_go_to_the_even_neighbour() {
        for (numerator, rounded) in
            [(5, 0), (15, 2), (25, 2), (-5, 0), (-15, -2), (-16, -2), (16, 2), (14, 1)]
        {
            assert_eq!(round_half_even(numerator, 10), Some(rounded), "{numerator}/10");
        }
        assert_eq!(round_half_even(1, 0), None);
        assert_eq!(round_half_even(i128::MAX, 1), Some(i128::MAX));
    }

    #[test]
    fn a_sum_is_refused_before_it_wraps() {
        let huge = Rate::from_picos(i64::MAX);
        let sum = Sum::default().and(huge, u64::MAX).unwrap();
        assert_eq!(sum.clone().plus(sum.clone()), Err(MoneyError::Overflow));
        assert_eq!(sum.round(), Err(MoneyError::Overflow));
    }

    #[test]
    fn worths_are_compared_before_they_are_rounded() {
        let usd: crate::Currency = "USD".parse().unwrap();
        let cny: crate::Currency = "CNY".parse().unwrap();
        let rate = ExchangeRate::new(usd, cny, stdx::Timestamp::from_micros(0), "7.1").unwrap();
        let worth = |picos| Sum::default().and(Rate::from_picos(picos), 1).unwrap().worth(&rate).unwrap();
        assert!(worth(1_000) < worth(1_001), "less than a micro-unit is still a difference");
        assert_eq!(worth(1_000).round(), worth(1_001).round());
        // Two dollars, and one in four times four dollars, are three: 21.3 yuan.
        let [two, four] = [worth(2_000_000_000_000), worth(4_000_000_000_000)];
        let expected = two.and_thousandths(four, 250).unwrap();
        assert_eq!(expected.round(), Ok(Amount::from_micros(21_300_000)));
        assert!(two < expected && expected < four);
        assert_eq!(Worth(i128::MAX).and_thousandths(four, 1), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn rounding_is_never_off_by_more_than_half(numerator in -1_000_000_000_000_i128..1_000_000_000_000, denominator in 1_i128..1_000_000) {
            let rounded = round_half_even(numerator, denominator).unwrap();
            prop_assert!((rounded * denominator - numerator).abs() * 2 <= denominator);
        }

        #[test]
        fn the_order_of_a_sum_does_not_matter(items in prop::collection::vec((any::<u32>(), any::<u32>()), 0..20)) {
            let add = |sum: Sum, (rate, count): &(u32, u32)| sum.and(Rate::from_picos(i64::from(*rate)), u64::from(*count)).unwrap();
            let there = items.iter().fold(Sum::default(), add);
            let back = items.iter().rev().fold(Sum::default(), add);
            prop_assert_eq!(there.round(), back.round());
        }
    }
}
