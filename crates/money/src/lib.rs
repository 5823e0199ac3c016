//! Exact money: amounts, rates, counted usage, and the only code in the tree that rounds.
//!
//! An [`Amount`] is an integer of micro-units (1e-6) of a currency, [`Money`] an amount that knows which one; a [`Rate`]
//! is an integer of pico-units (1e-12) per counted thing (token, second, image). What was counted stands in a [`Usage`],
//! whose parts never overlap. Products are taken in 128 bits, kept exact in a [`Sum`] and rounded once, half to even,
//! also when they change currency on the way ([`ExchangeRate`]). There is no floating point here and no conversion from
//! it; decimals are read from text, and refused when they cannot be kept exactly.
//!
//! What gateways say about payments has its words in [`payment`].
//!
//! To add a kind of counted thing: one line in `unit.rs`.

mod amount;
mod currency;
mod decimal;
mod error;
mod exchange;
pub mod payment;
mod rate;
mod report;
mod sum;
mod unit;
mod usage;

pub use amount::Amount;
pub use currency::{Currency, Money};
pub use error::MoneyError;
pub use exchange::{ExchangeRate, ExchangeRates};
pub use rate::Rate;
pub use report::{Placement, Report};
pub use sum::{Sum, Worth};
pub use unit::{Unit, UnitKind};
pub use usage::{Usage, UsageError};
