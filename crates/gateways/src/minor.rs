//! Amounts in a currency's smallest coin, which most gateways count in.

use money::Amount;
use ports::{PaymentError, PortErrorKind};

/// A whole number of coins that are `1 / 10^decimals` of the currency.
///
/// # Errors
/// When the amount is not positive or has digits that no coin pays.
pub(crate) fn to_minor(amount: Amount, decimals: u32) -> Result<i64, PaymentError> {
    let wrong = || {
        let detail = format!("{amount} cannot be paid: above zero and with {decimals} decimals at most");
        PaymentError::new(PortErrorKind::Bad, detail)
    };
    let step = step(decimals).ok_or_else(wrong)?;
    let (coins, rest) = (amount.micros().checked_div(step), amount.micros().checked_rem(step));
    if rest == Some(0) && amount.is_positive() { coins.ok_or_else(wrong) } else { Err(wrong()) }
}

/// The amount of so many coins; `None` when it does not fit.
pub(crate) fn from_minor(coins: i64, decimals: u32) -> Option<Amount> {
    coins.checked_mul(step(decimals)?).map(Amount::from_micros)
}

/// The amount as a decimal number with two decimals, as some gateways write it: `88.80`.
///
/// # Errors
/// As [`to_minor`].
pub(crate) fn to_text(amount: Amount) -> Result<String, PaymentError> {
    let cents = to_minor(amount, 2)?;
    Ok(format!("{}.{:02}", cents / 100, cents % 100))
}

/// Micro-units in a coin.
fn step(decimals: u32) -> Option<i64> {
    10_i64.checked_pow(6_u32.checked_sub(decimals)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_and_amounts_are_exact_both_ways() {
        for (text, decimals, coins) in
            [("88.80", 2, 8_880), ("500", 0, 500), ("5.120", 3, 5_120), ("0.01", 2, 1)]
        {
            let amount: Amount = text.parse().unwrap();
            assert_eq!(to_minor(amount, decimals), Ok(coins), "{text}");
            assert_eq!(from_minor(coins, decimals), Some(amount), "{text}");
        }
        assert_eq!(from_minor(i64::MAX, 0), None);
    }

    #[test]
    fn what_no_coin_pays_is_refused_and_not_rounded() {
        for (text, decimals) in [("88.885", 2), ("0.5", 0), ("0", 2), ("-1", 2), ("1", 7)] {
            assert!(to_minor(text.parse().unwrap(), decimals).is_err(), "{text}");
        }
        assert_eq!(to_text("88.8".parse().unwrap()).unwrap(), "88.80");
        assert_eq!(to_text("0.05".parse().unwrap()).unwrap(), "0.05");
        assert!(to_text("0.005".parse().unwrap()).is_err());
    }
}
