//! Keeps a model in memory, over restarts as well.

use store::{Batch, Durability, pins};

use crate::{Actor, App, AppError, ModelInfo};

impl App {
    /// Pins a model and brings it into memory. From then on it is neither unloaded when nobody asks nor to make room for
    /// another, and every start loads it.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`, `model_not_installed`.
    pub async fn pin_model(&self, actor: &Actor, id: &str) -> Result<ModelInfo, AppError> {
        self.remember_pin(actor, id).await?;
        let spec = self.spec(id)?;
        self.host.pin(&spec.id);
        self.host.load(&spec.id);
        Ok(self.model_info(spec).await)
    }

    /// Takes a pin back; the model stays in memory until nobody has asked for a while.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn unpin_model(&self, actor: &Actor, id: &str) -> Result<ModelInfo, AppError> {
        actor.must_administer()?;
        let spec = self.spec(id)?;
        self.db.write(Batch::new(Durability::Full).with(pins::delete(&spec.id))).await?;
        self.host.unpin(&spec.id);
        Ok(self.model_info(spec).await)
    }

    /// Keeps the wish for the next start, and loads nothing: for a program that is about to end.
    ///
    /// # Errors
    /// As for [`App::pin_model`].
    pub async fn remember_pin(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        actor.must_administer()?;
        let spec = self.spec(id)?;
        self.must_be_installed(spec).await?;
        self.db.write(Batch::new(Durability::Full).with(pins::put(&spec.id, self.clock.now()))).await?;
        Ok(())
    }
}
