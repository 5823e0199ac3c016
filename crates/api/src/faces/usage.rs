//! What was read, where nothing is written.

use serde::Serialize;

/// What was read.
#[derive(Debug, Serialize)]
pub(crate) struct InputUsage {
    prompt_tokens: u64,
    total_tokens: u64,
}

impl From<u64> for InputUsage {
    fn from(tokens: u64) -> Self {
        Self { prompt_tokens: tokens, total_tokens: tokens }
    }
}
