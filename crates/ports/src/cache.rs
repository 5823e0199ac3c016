//! What is kept of computed prompts.

use serde::{Deserialize, Serialize};

/// What a model keeps of computed prompts, and what it was good for since the model was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheUse {
    /// In memory.
    pub memory: TierUse,
    /// On disk; most of what is in memory is there too.
    pub disk: TierUse,
    /// Tokens of prompts that were asked for.
    pub prompt_tokens: u64,
    /// Those of them that needed no computing.
    pub cached_tokens: u64,
    /// The longest time that saving has held up the computation, in microseconds.
    pub longest_save_micros: u64,
}

/// Tokens of answers that a model guessed and only checked, since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guesses {
    /// All of them.
    pub made: u64,
    /// Those that were what the model would have written.
    pub right: u64,
}

/// What one tier holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierUse {
    /// Pieces of prompts.
    pub units: u64,
    /// Their tokens.
    pub tokens: u64,
    /// Their bytes.
    pub bytes: u64,
}
