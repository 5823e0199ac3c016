//! Exchange rates as dated data.

use stdx::Timestamp;

use crate::decimal::Decimal;
use crate::{Currency, MoneyError};

/// How much of one currency another one buys, from an instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    from: Currency,
    to: Currency,
    since: Timestamp,
    nanos: i64,
}

impl ExchangeRate {
    /// One unit of `from` buys `price` (`"7.1032"`, at most nine decimals) of `to`, from `since` on.
    ///
    /// # Errors
    /// When the price is no decimal number, not above zero, or finer than nine decimals.
    pub fn new(from: Currency, to: Currency, since: Timestamp, price: &str) -> Result<Self, MoneyError> {
        let step = "0.000000001";
        let nanos = Decimal::parse(price)?.scaled(9, 1);
        let nanos = nanos.ok_or_else(|| MoneyError::TooFine { text: price.to_owned(), step })?;
        let nanos = i64::try_from(nanos).map_err(|_| MoneyError::Overflow)?;
        if nanos <= 0 {
            return Err(MoneyError::Negative { text: price.to_owned() });
        }
        Ok(Self { from, to, since, nanos })
    }

    /// Nano-units of the currency it leads to, for one unit of the other.
    pub const fn nanos(&self) -> i64 {
        self.nanos
    }

    /// The currency it leads to.
    pub const fn to(&self) -> Currency {
        self.to
    }
}

/// The exchange rates that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeRates(Vec<ExchangeRate>);

impl ExchangeRates {
    /// Of these rates, in any order.
    pub fn new(rates: impl IntoIterator<Item = ExchangeRate>) -> Self {
        Self(rates.into_iter().collect())
    }

    /// The rate that was in force: the latest one that had begun. A currency buys itself one to one; no rate is ever
    /// turned round or chained, since the two directions are two prices.
    ///
    /// # Errors
    /// [`MoneyError::NoExchangeRate`] when none had begun.
    pub fn at(&self, instant: Timestamp, from: Currency, to: Currency) -> Result<ExchangeRate, MoneyError> {
        if from == to {
            return Ok(ExchangeRate { from, to, since: Timestamp::from_micros(0), nanos: 1_000_000_000 });
        }
        let begun = self.0.iter().filter(|rate| rate.from == from && rate.to == to && rate.since <= instant);
        let rate = begun.max_by_key(|rate| rate.since).cloned();
        rate.ok_or(MoneyError::NoExchangeRate { from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Amount, Rate, Sum};

    fn currency(text: &str) -> Currency {
        text.parse().unwrap()
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn dollars(since: i64, price: &str) -> ExchangeRate {
        ExchangeRate::new(currency("USD"), currency("CNY"), at(since), price).unwrap()
    }

    #[test]
    fn the_latest_rate_that_had_begun_is_the_one() {
        let rates = ExchangeRates::new([dollars(20, "7.2"), dollars(10, "7.1")]);
        let nanos =
            |instant| rates.at(at(instant), currency("USD"), currency("CNY")).map(|rate| rate.nanos());
        assert_eq!(nanos(19), Ok(7_100_000_000));
        assert_eq!(nanos(20), Ok(7_200_000_000));
        assert_eq!(
            nanos(9).unwrap_err().to_string(),
            "no exchange rate from USD to CNY was in force at that instant; add a dated one"
        );
        assert!(rates.at(at(30), currency("CNY"), currency("USD")).is_err(), "never turned round");
    }

    #[test]
    fn conversion_and_rounding_are_one_step() {
        // 0.4 micro-dollars are 2.8 micro-yuan, which is 3; rounding the dollars first would give 0.
        let sum = Sum::default().and(Rate::from_picos(400_000), 1).unwrap();
        assert_eq!(sum.clone().round_at(&dollars(0, "7")), Ok(Amount::from_micros(3)));
        let same = ExchangeRates::default().at(at(1), currency("CNY"), currency("CNY")).unwrap();
        assert_eq!(sum.clone().round_at(&same), sum.round());
    }

    #[test]
    fn a_rate_is_above_zero_and_exact() {
        for bad in ["0", "-7", "0.0000000001", "x"] {
            let rate = ExchangeRate::new(currency("USD"), currency("CNY"), at(0), bad);
            assert!(rate.is_err(), "{bad}");
        }
    }
}
