//! Currencies, and amounts that know theirs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Amount, MoneyError};

/// A currency by its three letters (ISO 4217): `CNY`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let letters: Option<[u8; 3]> = text.as_bytes().try_into().ok();
        let letters = letters.filter(|letters| letters.iter().all(u8::is_ascii_uppercase));
        letters.map(Self).ok_or_else(|| MoneyError::NotCurrency { text: text.to_owned() })
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An amount of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Which currency.
    pub currency: Currency,
    /// How much of it.
    #[serde(rename = "micros")]
    pub amount: Amount,
}

impl Money {
    /// The sum.
    ///
    /// # Errors
    /// When the currencies differ or the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// When the currencies differ or the difference does not fit.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_sub(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Currencies { left: self.currency, right: other.currency })
        }
    }
}

/// `12.500000 CNY`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(micros: i64, currency: &str) -> Money {
        Amount::from_micros(micros).of(currency.parse().unwrap())
    }

    #[test]
    fn yuan_and_dollars_are_never_added() {
        let error = money(1, "CNY").plus(money(1, "USD")).unwrap_err().to_string();
        assert!(error.starts_with("CNY and USD cannot be added"), "{error}");
        assert_eq!(money(1, "CNY").plus(money(2, "CNY")), Ok(money(3, "CNY")));
        assert_eq!(money(1, "CNY").minus(money(2, "CNY")), Ok(money(-1, "CNY")));
        assert_eq!(money(i64::MIN, "CNY").minus(money(1, "CNY")), Err(MoneyError::Overflow));
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        for bad in ["", "cny", "CN", "CNYY", "C1Y", "元"] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
        assert_eq!(money(12_500_000, "CNY").to_string(), "12.500000 CNY");
    }

    #[test]
    fn is_stored_as_micro_units_with_a_currency() {
        let text = serde_json::to_string(&money(-5, "EUR")).unwrap();
        assert_eq!(text, r#"{"currency":"EUR","micros":-5}"#);
        assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), money(-5, "EUR"));
        assert!(serde_json::from_str::<Money>(r#"{"currency":"EUR","micros":0.5}"#).is_err());
    }
}
