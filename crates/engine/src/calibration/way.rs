//! A way of computing, among those that are compared.

use serde::{Deserialize, Serialize};

/// A way of computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Way {
    pub(crate) flash_attention: bool,
    pub(crate) threads: u32,
}
