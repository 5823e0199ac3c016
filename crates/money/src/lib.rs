//! Exact money: amounts, rates, and the only code in the tree that rounds.
//!
//! An [`Amount`] is an integer of micro-units (1e-6) of the workspace's currency; a [`Rate`] is an integer of
//! pico-units (1e-12) per counted thing (token, second, image). Products are taken in 128 bits and rounded once,
//! half to even. There is no floating point here and no conversion from it.

mod amount;
mod rate;

pub use amount::Amount;
pub use rate::{CostOverflow, Rate};
