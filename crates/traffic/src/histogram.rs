//! How long many requests took.

use std::collections::BTreeMap;

/// Spans of time, each kept to two digits, so that a million of them take no more room than a few hundred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<u64, u64>,
    total: u64,
}

/// What half of all stay within, and what 19 of 20 do, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantiles {
    /// Half of all.
    pub p50: u64,
    /// 19 of 20.
    pub p95: u64,
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, millis: u64) {
        *self.counts.entry(two_digits(millis)).or_default() += 1;
        self.total += 1;
    }

    /// Absent when there are none.
    pub fn quantiles(&self) -> Option<Quantiles> {
        Some(Quantiles { p50: self.within(50)?, p95: self.within(95)? })
    }

    /// The least span that so many of a hundred stay within.
    fn within(&self, percent: u64) -> Option<u64> {
        let rank = self.total.saturating_mul(percent).div_ceil(100);
        let mut seen = 0;
        self.counts.iter().find_map(|(millis, count)| {
            seen += count;
            (seen >= rank).then_some(*millis)
        })
    }
}

/// The number with all digits but the first two as zeros.
fn two_digits(number: u64) -> u64 {
    let unit = 10_u64.saturating_pow(number.checked_ilog10().unwrap_or(0).saturating_sub(1));
    number / unit * unit
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_digits_are_kept() {
        assert_eq!(
            [0, 7, 42, 99, 100, 129, 12_345, 999_999].map(two_digits),
            [0, 7, 42, 99, 100, 120, 12_000, 990_000]
        );
    }

    #[test]
    fn a_quantile_is_one_of_them() {
        let mut spans = Histogram::default();
        assert_eq!(spans.quantiles(), None);
        (1..=20).for_each(|millis| spans.add(millis));
        assert_eq!(spans.quantiles(), Some(Quantiles { p50: 10, p95: 19 }));
    }

    proptest! {
        #[test]
        fn they_are_right_to_two_digits(mut spans in prop::collection::vec(0_u64..10_000_000, 1..300)) {
            let mut histogram = Histogram::default();
            spans.iter().for_each(|span| histogram.add(*span));
            spans.sort_unstable();
            let at = |percent: usize| two_digits(spans[(spans.len() * percent).div_ceil(100) - 1]);
            prop_assert_eq!(histogram.quantiles(), Some(Quantiles { p50: at(50), p95: at(95) }));
        }
    }
}
