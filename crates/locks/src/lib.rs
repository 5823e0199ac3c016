//! What keeps doors shut: how often something may be tried, by whom or from where; codes that change with the time; and
//! secrets at rest. All of it is told what time it is and where randomness comes from.
//!
//! To add a limit: a module with one struct that counts, and the figure it holds to as a constant at its top.

mod attempts;
mod forgeries;
mod rates;
mod seal;
pub mod totp;

pub use attempts::Attempts;
pub use forgeries::Forgeries;
pub use rates::Rates;
pub use seal::SealKey;
