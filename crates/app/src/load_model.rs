//! Brings a model into memory ahead of its first question.

use crate::{Actor, App, AppError, ModelInfo};

impl App {
    /// Begins to load a model, unless it is in memory or on its way there. Watch it through [`App::models`].
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`, `model_not_installed`.
    pub async fn load_model(&self, actor: &Actor, id: &str) -> Result<ModelInfo, AppError> {
        actor.must_administer()?;
        let spec = self.spec(id)?;
        self.must_be_installed(spec).await?;
        self.host.load(&spec.id);
        Ok(self.model_info(spec).await)
    }
}
