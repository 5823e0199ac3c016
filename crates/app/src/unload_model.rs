//! Takes a model out of memory.

use store::{Batch, Durability, pins};

use crate::{Actor, App, AppError, ModelInfo};

impl App {
    /// Begins to unload a model; answers that it is writing end where they are. A pin is taken back: a pinned model is
    /// one that is in memory.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn unload_model(&self, actor: &Actor, id: &str) -> Result<ModelInfo, AppError> {
        actor.must_administer()?;
        let spec = self.spec(id)?;
        self.db.write(Batch::new(Durability::Full).with(pins::delete(&spec.id))).await?;
        self.host.unpin(&spec.id);
        self.host.unload(&spec.id);
        Ok(self.model_info(spec).await)
    }
}
