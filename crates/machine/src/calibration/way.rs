//! A way of computing, among those that are compared.

use serde::{Deserialize, Serialize};

/// A way of computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Whether attention is computed without its whole table of scores.
    pub flash_attention: bool,
    /// How many threads compute.
    pub threads: u32,
    /// Tokens of a prompt that one step computes when nobody else waits. Found out once and not followed from step to
    /// step: the last digits of results depend on it, and with them what a seed says.
    pub piece: u32,
}
