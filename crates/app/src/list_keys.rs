//! The API keys of the workspace.

pub use store::ApiKey as KeyInfo;

use crate::{Actor, App, AppError};

impl App {
    /// All keys, revoked ones included, without their tokens.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn keys(&self, actor: &Actor) -> Result<Vec<KeyInfo>, AppError> {
        actor.must_administer()?;
        Ok(store::keys::list(&self.db, actor.workspace_id).await?)
    }
}
