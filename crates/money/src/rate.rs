//! Prices per counted thing, and the one rounding function.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Amount;

const PICOS_PER_MICRO: i128 = 1_000_000;

/// Pico-units (1e-12) of a currency per token, second, image or page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(i64);

/// A cost beyond 64 bits of micro-units.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the cost does not fit an amount")]
pub struct CostOverflow;

impl Rate {
    /// Free of charge.
    pub const ZERO: Self = Self(0);

    /// From pico-units per thing.
    pub const fn from_picos(picos: i64) -> Self {
        Self(picos)
    }

    /// The exact cost of several counts at their rates, rounded once, half to even.
    ///
    /// # Errors
    /// [`CostOverflow`] when the sum does not fit an [`Amount`].
    pub fn cost<I: IntoIterator<Item = (Self, u64)>>(items: I) -> Result<Amount, CostOverflow> {
        let picos = items.into_iter().try_fold(0_i128, |sum, (rate, count)| {
            i128::from(rate.0).checked_mul(i128::from(count)).and_then(|cost| sum.checked_add(cost))
        });
        let micros = round_half_even(picos.ok_or(CostOverflow)?, PICOS_PER_MICRO);
        i64::try_from(micros).map(Amount::from_micros).map_err(|_| CostOverflow)
    }
}

/// `numerator / denominator` (positive), to the nearest integer, ties to the even one (IEEE 754-2019 §4.3.1).
fn round_half_even(numerator: i128, denominator: i128) -> i128 {
    let floor = numerator.div_euclid(denominator);
    let twice_rest = numerator.rem_euclid(denominator) * 2;
    let up = twice_rest > denominator || (twice_rest == denominator && floor.rem_euclid(2) == 1);
    floor + i128::from(up)
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
            assert_eq!(round_half_even(numerator, 10), rounded, "{numerator}/10");
        }
    }

    #[test]
    fn a_price_list_adds_up_before_it_is_rounded() {
        // Twice 0.3 micro-units is 0.6, which rounds to 1; rounding each first would give 0.
        let rate = Rate::from_picos(300_000);
        assert_eq!(Rate::cost([(rate, 1), (rate, 1)]), Ok(Amount::from_micros(1)));
        assert_eq!(Rate::cost([(Rate::from_picos(i64::MAX), u64::MAX)]), Err(CostOverflow));
    }

    proptest! {
        #[test]
        fn rounding_is_never_off_by_more_than_half(numerator in -1_000_000_000_000_i128..1_000_000_000_000, denominator in 1_i128..1_000_000) {
            let rounded = round_half_even(numerator, denominator);
            prop_assert!((rounded * denominator - numerator).abs() * 2 <= denominator);
        }
    }
}
