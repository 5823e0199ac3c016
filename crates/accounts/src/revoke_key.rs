//! Takes an API key out of use.

use stdx::KeyId;
use store::{Batch, Durability, StoreError, keys};

use crate::{Accounts, Actor, AppError};

impl Accounts {
    /// Takes a key out of use at once. A revoked key stays revoked.
    ///
    /// # Errors
    /// `not_found`, also for a key of somebody else; `forbidden` for admins about keys of owners.
    pub async fn revoke_key(&self, actor: &Actor, id: KeyId) -> Result<(), AppError> {
        self.managed_key(actor, id).await?;
        let write = keys::revoke(actor.workspace_id, id, self.clock.now());
        self.db.write(Batch::new(Durability::Full).with(write)).await.map_err(|error| match error {
            StoreError::Expectation { .. } => AppError::not_found("key"),
            other => other.into(),
        })?;
        Ok(())
    }
}
