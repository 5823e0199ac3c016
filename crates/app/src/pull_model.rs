//! Brings a model onto this machine.

use ports::Residency;

use crate::{Actor, App, AppError, ModelInfo};

impl App {
    /// Begins a pull, or joins the one that is under way. Watch it through [`App::models`].
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn pull_model(&self, actor: &Actor, id: &str) -> Result<ModelInfo, AppError> {
        actor.must_administer()?;
        let spec = self.spec(id)?;
        if !matches!(self.host.residency(&spec.id), Residency::Ready(_)) {
            self.installer.pull(spec);
        }
        Ok(self.model_info(spec).await)
    }

    /// Stops a pull; what has arrived is kept for the next.
    ///
    /// # Errors
    /// As for [`App::pull_model`].
    pub async fn cancel_pull(&self, actor: &Actor, id: &str) -> Result<ModelInfo, AppError> {
        actor.must_administer()?;
        let spec = self.spec(id)?;
        self.installer.cancel(&spec.id);
        Ok(self.model_info(spec).await)
    }
}
