//! How each provider of models stands, and who is asked from now on.

use doors::SealKey;
use providers::{PriceLists, ProviderError, ProviderInfo, Safe};
use stdx::{Rng, Secret};

use crate::{Actor, App, AppError};

impl App {
    /// Every provider that Hutong knows, by id.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn providers(&self, actor: &Actor) -> Result<Vec<ProviderInfo>, AppError> {
        actor.must_administer()?;
        self.known_providers().await
    }

    /// The same for commands on the data folder itself, before there is an owner.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn known_providers(&self) -> Result<Vec<ProviderInfo>, AppError> {
        let rows = store::providers::list(&self.db).await?;
        Ok(self.offer.providers.all(&rows))
    }

    /// Asks the providers that are set, from now on. Call it once, before the first request.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_providers(&self) -> Result<(), AppError> {
        let _turn = self.offer.providers.turn().await;
        self.reopen_providers().await
    }

    /// Works out who is asked, and lets it count. For whoever has the turn.
    pub(crate) async fn reopen_providers(&self) -> Result<(), AppError> {
        let rows = store::providers::list(&self.db).await?;
        self.offer.providers.reopen(&rows, &self.safe(), self.price_lists());
        Ok(())
    }

    pub(crate) fn price_lists(&self) -> PriceLists<'_> {
        let (prices, names) = (&self.tariff.prices, &self.tariff.price_lists);
        PriceLists { prices, names, at: self.clock.now() }
    }

    pub(crate) fn safe(&self) -> Sealing<'_> {
        Sealing { key: &self.doors.seal, rng: self.rng.as_ref() }
    }
}

/// Keys of providers are sealed as all secrets are that have to be read again.
pub(crate) struct Sealing<'a> {
    key: &'a SealKey,
    rng: &'a dyn Rng,
}

impl Safe for Sealing<'_> {
    fn seal(&self, secret: &[u8], owner: &str) -> String {
        self.key.seal(secret, owner, self.rng)
    }

    fn open(&self, sealed: &str, owner: &str) -> Option<Secret<Vec<u8>>> {
        self.key.open(sealed, owner)
    }
}

/// What a member is told when a provider cannot be set, shown or tried.
pub(crate) fn unprovided(error: ProviderError) -> AppError {
    AppError::new(error.code(), error.to_string())
}
