//! Prices per counted thing.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::{Amount, MoneyError, Sum};

/// Pico-units (1e-12) of a currency per token, second, image or page. A pico-unit per token is a micro-unit per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(i64);

impl Rate {
    /// Free of charge.
    pub const ZERO: Self = Self(0);

    /// From pico-units per thing.
    pub const fn from_picos(picos: i64) -> Self {
        Self(picos)
    }

    /// Reads a price for one thing as JSON writes numbers: `3e-06`.
    ///
    /// # Errors
    /// When the text is no number, below zero, or no whole number of pico-units.
    pub fn of_number(text: &str) -> Result<Self, MoneyError> {
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let not_decimal = || MoneyError::NotDecimal { text: text.to_owned() };
        let exponent: i32 = exponent.parse().map_err(|_| not_decimal())?;
        let decimal = Decimal::parse(digits).map_err(|_| not_decimal())?;
        if decimal.is_negative() {
            return Err(MoneyError::Negative { text: text.to_owned() });
        }
        let picos = decimal.picos(exponent);
        let step = "0.000000000001 for each thing";
        let picos = picos.ok_or_else(|| MoneyError::TooFine { text: text.to_owned(), step })?;
        i64::try_from(picos).map(Self).map_err(|_| MoneyError::Overflow)
    }

    /// In pico-units per thing.
    pub const fn picos(self) -> i64 {
        self.0
    }

    /// Reads a price for `per` things: `"3.00"` for a million tokens.
    ///
    /// # Errors
    /// When the text is no decimal number, below zero, or no whole number of pico-units for each thing.
    pub fn parse(text: &str, per: u64) -> Result<Self, MoneyError> {
        let decimal = Decimal::parse(text)?;
        if decimal.is_negative() {
            return Err(MoneyError::Negative { text: text.to_owned() });
        }
        let picos = decimal.scaled(12, per);
        let step = "0.000000000001 for each thing";
        let picos = picos.ok_or_else(|| MoneyError::TooFine { text: text.to_owned(), step })?;
        i64::try_from(picos).map(Self).map_err(|_| MoneyError::Overflow)
    }

    /// What a million things cost, exactly; for people.
    pub const fn per_million(self) -> Amount {
        Amount::from_micros(self.0)
    }

    /// What one thing costs, exactly and without more zeros than needed; for people.
    pub fn per_thing(self) -> String {
        let (whole, picos) = (self.0.div_euclid(1_000_000_000_000), self.0.rem_euclid(1_000_000_000_000));
        let fraction = format!("{picos:012}");
        let shown = fraction.trim_end_matches('0');
        if shown.is_empty() { whole.to_string() } else { format!("{whole}.{shown}") }
    }

    /// The exact cost of several counts at their rates, rounded once, half to even.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the sum does not fit an [`Amount`].
    pub fn cost<I: IntoIterator<Item = (Self, u64)>>(items: I) -> Result<Amount, MoneyError> {
        items.into_iter().try_fold(Sum::default(), |sum, (rate, count)| sum.and(rate, count))?.round()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_price_list_adds_up_before_it_is_rounded() {
        // Twice 0.3 micro-units is 0.6, which rounds to 1; rounding each first would give 0.
        let rate = Rate::from_picos(300_000);
        assert_eq!(Rate::cost([(rate, 1), (rate, 1)]), Ok(Amount::from_micros(1)));
        assert_eq!(Rate::cost([(Rate::from_picos(i64::MAX), u64::MAX)]), Err(MoneyError::Overflow));
    }

    #[test]
    fn three_dollars_a_million_are_three_million_picos_a_token() {
        assert_eq!(Rate::parse("3.00", 1_000_000), Ok(Rate::from_picos(3_000_000)));
        assert_eq!(Rate::parse("0.003625", 1_000_000), Ok(Rate::from_picos(3_625)));
        assert_eq!(Rate::parse("0.04", 1), Ok(Rate::from_picos(40_000_000_000)));
        assert_eq!(Rate::from_picos(3_625).per_million().to_string(), "0.003625");
        let each = |text| Rate::parse(text, 1).unwrap().per_thing();
        assert_eq!(
            (each("0.040"), each("12"), each("0.000000000001")),
            ("0.04".to_owned(), "12".to_owned(), "0.000000000001".to_owned())
        );
    }

    #[test]
    fn a_rate_that_would_be_rounded_or_pays_the_user_is_refused() {
        let error = Rate::parse("0.0000001", 1_000_000).unwrap_err().to_string();
        assert!(error.contains("cannot be kept exactly"), "{error}");
        assert!(matches!(Rate::parse("8", 7_000_000), Err(MoneyError::TooFine { .. })));
        assert!(matches!(Rate::parse("-1", 1), Err(MoneyError::Negative { .. })));
        assert_eq!(Rate::parse("10000000", 1), Err(MoneyError::Overflow));
    }

    #[test]
    fn a_number_of_json_is_read_from_its_digits() {
        for (text, picos) in [
            ("3e-06", 3_000_000),
            ("1.32E-6", 1_320_000),
            ("0.0", 0),
            ("0", 0),
            ("4.4e-08", 44_000),
            ("0.04", 40_000_000_000),
            ("1e-12", 1),
            ("2.50e+0", 2_500_000_000_000),
        ] {
            assert_eq!(Rate::of_number(text), Ok(Rate::from_picos(picos)), "{text}");
        }
        for fine in ["1e-13", "2.9999999999999997e-07", "1e-99"] {
            assert!(matches!(Rate::of_number(fine), Err(MoneyError::TooFine { .. })), "{fine}");
        }
        assert!(matches!(Rate::of_number("-3e-06"), Err(MoneyError::Negative { .. })));
        for bad in ["", "e", "3e", "e5", "\"3\"", "3e1.5", "null", "{}", "NaN"] {
            assert!(matches!(Rate::of_number(bad), Err(MoneyError::NotDecimal { .. })), "{bad}");
        }
        assert_eq!(Rate::of_number("1e9"), Err(MoneyError::Overflow));
    }

    #[test]
    fn written_to_a_cache_and_answered_costs_to_the_micro_unit() {
        // The golden sum of the design: a peer that counts cached tokens twice reports 0.091311 for it.
        let rate = |text| Rate::parse(text, 1_000_000).unwrap();
        let cost = Rate::cost([(rate("3.00"), 3), (rate("3.75"), 12_304), (rate("15.00"), 550)]);
        assert_eq!(cost, Ok(Amount::from_micros(54_399)));
    }

    proptest! {
        #[test]
        fn every_rate_is_read_back_from_its_print(picos in 0_i64..) {
            let rate = Rate::from_picos(picos);
            prop_assert_eq!(Rate::parse(&rate.per_million().to_string(), 1_000_000), Ok(rate));
        }
    }
}
