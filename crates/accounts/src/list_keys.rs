//! The API keys of the workspace.

use stdx::KeyId;
use store::{ApiKey, Scope, keys};

pub use store::ApiKey as KeyInfo;

use crate::{Accounts, Actor, AppError};

impl Accounts {
    /// The keys the actor may manage, revoked ones included, without their tokens: admins see all, members their own.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn keys(&self, actor: &Actor) -> Result<Vec<KeyInfo>, AppError> {
        if actor.must_administer().is_ok() {
            return Ok(keys::list(&self.db, actor.workspace_id).await?);
        }
        Ok(keys::list_of(&self.db, actor.scope()).await?)
    }

    /// A key the actor may manage: one of their own, or, for admins, any but those of owners.
    pub(crate) async fn managed_key(&self, actor: &Actor, id: KeyId) -> Result<ApiKey, AppError> {
        let none = || AppError::not_found("key");
        let key = keys::get(&self.db, actor.workspace_id, id).await?.ok_or_else(none)?;
        if key.member_id == actor.member_id {
            return Ok(key);
        }
        // Whoever runs nothing is told nothing about keys of others.
        actor.must_administer().map_err(|_| none())?;
        let scope = Scope { workspace_id: key.workspace_id, member_id: key.member_id };
        let member = store::members::get(&self.db, scope).await?.ok_or_else(none)?;
        actor.must_manage(&member)?;
        Ok(key)
    }
}
