//! Giving an answer again that was given before.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// That an answer may be given again to whoever asks exactly the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// Among whom: a member, or all of a workspace. What one asks, nobody outside of it is answered.
    pub among: String,
    /// For so long.
    pub keep: Duration,
    /// True when a new answer is wanted, whatever there is; it takes the place of the old one.
    pub afresh: bool,
}
