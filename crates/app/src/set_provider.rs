//! Sets how a provider is asked, or forgets it. Both count at once; answers that are being written go on.

use providers::{ProviderError, ProviderInfo, SetProvider};
use store::admin_acts::Done;
use store::{Batch, Durability, StoreError, providers as rows};

use crate::list_providers::unprovided;
use crate::{Actor, App, AppError};

impl App {
    /// Sets how a provider is asked.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`, `conflict` for what stands in hutong.toml, `invalid_request`.
    pub async fn set_provider(
        &self,
        actor: &Actor,
        id: &str,
        wish: SetProvider,
    ) -> Result<ProviderInfo, AppError> {
        actor.must_administer()?;
        let desk = &self.offer.providers;
        let _turn = desk.turn().await;
        let before = rows::list(&self.db).await?.into_iter().find(|row| row.site == id);
        let new_key = wish.key.is_some();
        let row = desk.setting(id, wish, before, self.clock.now(), &self.safe()).map_err(unprovided)?;
        let done = Done::SetProvider { new_key, base_url: row.base_url.clone(), is_on: row.is_on };
        let batch = Batch::new(Durability::Full).with(rows::put(&row)).with(self.act_of(actor, id, done));
        self.db.write(batch).await?;
        self.reopen_providers().await?;
        desk.info(id, &[row]).map_err(unprovided)
    }

    /// Forgets what was set for a provider, its key with it. One that has a key in the environment is asked with that again.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found` when nothing was set, `conflict` for what stands in hutong.toml.
    pub async fn remove_provider(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        actor.must_administer()?;
        let desk = &self.offer.providers;
        desk.must_be_ours(id).map_err(unprovided)?;
        let _turn = desk.turn().await;
        let act = self.act_of(actor, id, Done::RemoveProvider);
        let batch = Batch::new(Durability::Full).with(rows::delete(id)).with(act);
        self.db.write(batch).await.map_err(|error| match error {
            StoreError::Expectation { .. } => unprovided(ProviderError::NothingSet(id.to_owned())),
            other => AppError::from(other),
        })?;
        self.reopen_providers().await
    }
}
