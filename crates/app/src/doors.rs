//! What guards the ways in.

use std::sync::Mutex;

use locks::{Attempts, Forgeries, Rates};
use stdx::{Rng, Secret};
use tokio::sync::Semaphore;

use crate::password::{hash_password, verify_password};
use crate::{AppError, SealKey, TokenHash};

/// The most passwords being hashed at once; each takes 19 MiB, and anybody may send one.
const MOST_HASHES: usize = 4;

/// What guards the ways in: sign-in, set-up, links, keys and callbacks.
#[derive(Debug)]
pub(crate) struct Doors {
    /// The hash of the one-time token for set-up, until it is used.
    pub(crate) setup: Mutex<Option<TokenHash>>,
    /// Failed tries.
    pub(crate) attempts: Attempts,
    /// How often keys are used.
    pub(crate) rates: Rates,
    /// Callbacks that were forged.
    pub(crate) forgeries: Forgeries,
    /// What secrets at rest are encrypted with.
    pub(crate) seal: SealKey,
    hashing: Semaphore,
}

impl Doors {
    pub(crate) fn new(setup: Option<TokenHash>, seal: SealKey) -> Self {
        Self {
            setup: Mutex::new(setup),
            attempts: Attempts::default(),
            rates: Rates::default(),
            forgeries: Forgeries::default(),
            seal,
            hashing: Semaphore::new(MOST_HASHES),
        }
    }

    /// Hashes a password when it is its turn.
    pub(crate) async fn hash(
        &self,
        password: Secret<String>,
        rng: &dyn Rng,
    ) -> Result<Secret<String>, AppError> {
        let _turn = self.hashing.acquire().await.map_err(AppError::internal)?;
        hash_password(password, rng).await
    }

    /// Checks a password when it is its turn; without a hash it takes as long and is wrong.
    pub(crate) async fn verify(
        &self,
        password: Secret<String>,
        hash: Option<Secret<String>>,
    ) -> Result<bool, AppError> {
        let _turn = self.hashing.acquire().await.map_err(AppError::internal)?;
        verify_password(password, hash).await
    }
}
