//! The adapters that are registered.

use crate::{App, RegisteredAdapter};

impl App {
    /// The registered adapters, sorted by id.
    pub async fn adapters(&self) -> Vec<RegisteredAdapter> {
        let adapters = self.adapters.clone();
        tokio::task::spawn_blocking(move || adapters.list()).await.unwrap_or_default()
    }
}
