//! How probable tokens were.

use serde::{Deserialize, Serialize};

/// Alternatives that may be asked for.
pub const MOST_ALTERNATIVES: u8 = 20;

/// A token and how probable the model held it, before any setting of sampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token as text; bytes that are no whole character are U+FFFD.
    pub token: String,
    /// The natural logarithm of its probability, and never below -9999.
    pub logprob: f32,
    /// The token as bytes, which several tokens may have to join to characters.
    pub bytes: Vec<u8>,
    /// The most probable tokens at this place, as many as were asked for, the best first.
    pub alternatives: Vec<TokenLogprob>,
}
