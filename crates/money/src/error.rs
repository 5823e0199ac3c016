use thiserror::Error;

use crate::Currency;

/// A sum that cannot be taken or a text that is no exact number. Nothing is ever clamped or guessed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MoneyError {
    /// The result is beyond what an amount can hold.
    #[error("the sum does not fit an amount; split it into several")]
    Overflow,
    /// Two currencies in one sum.
    #[error("{left} and {right} cannot be added; convert one of them at a dated exchange rate first")]
    Currencies {
        /// The currency of the sum so far.
        left: Currency,
        /// The currency of what was to be added.
        right: Currency,
    },
    /// No exchange rate was in force.
    #[error("no exchange rate from {from} to {to} was in force at that instant; add a dated one")]
    NoExchangeRate {
        /// The currency to convert from.
        from: Currency,
        /// The currency to convert to.
        to: Currency,
    },
    /// The text is not a plain decimal number.
    #[error("{text:?} is not a decimal number such as 12.50 (no sign but `-`, no exponent, no separators)")]
    NotDecimal {
        /// What stands there.
        text: String,
    },
    /// The number has digits that would be lost.
    #[error("{text:?} cannot be kept exactly: the smallest step is {step}")]
    TooFine {
        /// What stands there.
        text: String,
        /// The smallest step that can be kept.
        step: &'static str,
    },
    /// A price below zero would pay whoever uses the thing.
    #[error("{text:?} is below zero; a rate must not be")]
    Negative {
        /// What stands there.
        text: String,
    },
    /// The text is no currency.
    #[error("{text:?} is not a currency: three capital letters such as CNY (ISO 4217) are expected")]
    NotCurrency {
        /// What stands there.
        text: String,
    },
}
