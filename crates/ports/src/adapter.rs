//! Adapters on top of a model.

use serde::{Deserialize, Serialize};

/// An adapter that a request wants on top of its model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterUse {
    /// As it is registered.
    pub id: String,
    /// How strongly it counts; absent: as it is registered.
    pub scale: Option<f32>,
}
