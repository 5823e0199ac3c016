//! How Stripe counts money (<https://docs.stripe.com/currencies>): in the currency's smallest
//! coin, which for most is a hundredth.

use money::{Amount, Currency, Money};
use ports::{PaymentError, PortErrorKind};

use crate::minor::{from_minor, to_minor};

/// Currencies that are counted whole.
const WHOLE: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
];

/// Currencies that are counted in thousandths; the last digit has to be zero.
const THOUSANDTHS: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];

/// Counted in hundredths for the sake of old programs, though only whole amounts can be paid
/// (<https://support.stripe.com/questions/deprecation-of-fractional-isk-charges-and-refunds>).
const WHOLE_IN_HUNDREDTHS: &[&str] = &["ISK"];

/// Programs that speak to Stripe disagree about how it is counted. A mistake would be a hundredfold, so it is not taken.
const UNCLEAR: &[&str] = &["UGX"];

/// The amount as Stripe wants it.
pub(super) fn coins(money: Money) -> Result<i64, PaymentError> {
    let name = money.currency.to_string();
    let refused =
        |why: &str| PaymentError::new(PortErrorKind::Bad, format!("{money} cannot be paid here: {why}"));
    let decimals = decimals(&name).ok_or_else(|| refused("choose another currency"))?;
    let coins = to_minor(money.amount, decimals)?;
    let step = match name.as_str() {
        name if THOUSANDTHS.contains(&name) => 10,
        name if WHOLE_IN_HUNDREDTHS.contains(&name) => 100,
        _ => 1,
    };
    if coins % step == 0 { Ok(coins) } else { Err(refused("it has too many decimals")) }
}

/// What Stripe means by an amount; `None` when it cannot be told.
pub(super) fn money(coins: i64, currency: &str) -> Option<Money> {
    let currency: Currency = currency.to_ascii_uppercase().parse().ok()?;
    let amount: Amount = from_minor(coins, decimals(&currency.to_string())?)?;
    Some(amount.of(currency))
}

fn decimals(currency: &str) -> Option<u32> {
    match currency {
        name if UNCLEAR.contains(&name) => None,
        name if WHOLE.contains(&name) => Some(0),
        name if THOUSANDTHS.contains(&name) => Some(3),
        _ => Some(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, currency: &str) -> Money {
        text.parse::<Amount>().unwrap().of(currency.parse().unwrap())
    }

    #[test]
    fn every_currency_is_counted_as_documented() {
        for (text, currency, expected) in [
            ("10", "USD", 1_000),
            ("500", "JPY", 500),
            ("5.12", "KWD", 5_120),
            ("5", "ISK", 500),
            ("88.80", "CNY", 8_880),
        ] {
            assert_eq!(coins(of(text, currency)), Ok(expected), "{text} {currency}");
            assert_eq!(
                money(expected, &currency.to_lowercase()),
                Some(of(text, currency)),
                "{text} {currency}"
            );
        }
    }

    #[test]
    fn what_cannot_be_paid_is_refused() {
        for (text, currency) in
            [("0.5", "JPY"), ("5.124", "KWD"), ("5.5", "ISK"), ("5", "UGX"), ("0.005", "USD"), ("0", "USD")]
        {
            assert!(coins(of(text, currency)).is_err(), "{text} {currency}");
        }
        assert_eq!(money(500, "ugx"), None);
        assert_eq!(money(500, "us$"), None);
    }
}
