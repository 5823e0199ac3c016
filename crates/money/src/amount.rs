//! Amounts of money.

use std::fmt;

use serde::{Deserialize, Serialize};

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

    /// The sum; `None` when it does not fit 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` when it does not fit 64 bits.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
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
    fn sums_that_do_not_fit_are_refused() {
        let max = Amount::from_micros(i64::MAX);
        assert_eq!(max.checked_add(Amount::from_micros(1)), None);
        assert_eq!(max.checked_sub(max), Some(Amount::ZERO));
    }
}
