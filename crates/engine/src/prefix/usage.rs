//! What the cache holds and what it is good for.

use serde::{Deserialize, Serialize};

/// What the tiers hold, and what they were good for since the worker began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheUse {
    /// Units in memory.
    pub memory_units: u64,
    /// Their bytes.
    pub memory_bytes: u64,
    /// Units on disk.
    pub disk_units: u64,
    /// Their bytes.
    pub disk_bytes: u64,
    /// Tokens of prompts that were asked for.
    pub prompt_tokens: u64,
    /// Those of them that need not be computed.
    pub cached_tokens: u64,
}
