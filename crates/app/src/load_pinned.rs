//! What a start brings into memory.

use store::pins;

use crate::{App, AppError};

impl App {
    /// Begins to load every pinned model, the one that was pinned first at the front. A model that is not here any more
    /// keeps its pin for when it comes back. Call it once, when the server starts. Answers how many there are.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load_pinned(&self) -> Result<usize, AppError> {
        let pinned = pins::list(&self.db).await?;
        for id in &pinned {
            self.host.pin(id);
            match self.spec(id) {
                Ok(spec) if self.must_be_installed(spec).await.is_ok() => self.host.load(id),
                _ => tracing::warn!(model = %id, "A pinned model is not on this machine."),
            }
        }
        Ok(pinned.len())
    }
}
