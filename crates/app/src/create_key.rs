//! Makes an API key.

use stdx::{KeyId, Secret};
use store::{ApiKey, Batch, Durability, keys};

use crate::update_me::check_name;
use crate::{Actor, App, AppError, TokenHash, fresh_token};

/// A fresh key. The token is shown now and never again: only its hash is kept.
#[derive(Debug)]
pub struct CreatedKey {
    /// For listing and revoking.
    pub id: KeyId,
    /// For the one who asked.
    pub token: Secret<String>,
}

impl App {
    /// Makes a key that acts as the actor.
    ///
    /// # Errors
    /// `invalid_request` for the name.
    pub async fn create_key(&self, actor: &Actor, name: &str) -> Result<CreatedKey, AppError> {
        check_name(name)?;
        let token = fresh_token("hk_", self.rng.as_ref());
        let key = ApiKey {
            id: self.ids.make(),
            workspace_id: actor.workspace_id,
            member_id: actor.member_id,
            name: name.trim().to_owned(),
            created_at: self.clock.now(),
            revoked_at: None,
        };
        let write = keys::insert(&key, TokenHash::of(token.expose()).into());
        self.db.write(Batch::new(Durability::Full).with(write)).await?;
        Ok(CreatedKey { id: key.id, token })
    }
}
