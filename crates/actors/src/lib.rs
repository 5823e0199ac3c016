//! Who asks for something, and what they are told when it cannot be: what all use cases begin and end with.

mod actor;
mod error;

pub use actor::{Actor, Carrier, Role, Via};
pub use error::AppError;
