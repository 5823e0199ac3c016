//! What guards the ways in: passwords, tokens, codes of second factors, and how often each may be tried. What has to be read
//! again (the secret of a second factor, a voucher's code) is sealed.
//!
//! | to change | look at |
//! |---|---|
//! | how passwords are hashed, and which are refused | `password.rs` |
//! | how often somebody may try | `attempts.rs` (sign-in, codes), `rates.rs` (keys), `forgeries.rs` (callbacks) |
//! | what secrets at rest look like | `seal.rs` |

mod attempts;
mod forgeries;
mod password;
mod rates;
mod seal;
mod token;
pub mod totp;

pub use attempts::Attempts;
pub use forgeries::Forgeries;
pub use password::{LONGEST_PASSWORD, SHORTEST_PASSWORD, check_new_password};
pub use rates::Rates;
pub use seal::SealKey;
pub use token::{TokenHash, fresh_token};

use std::sync::Mutex;

use stdx::{Rng, Secret};
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::password::{hash_password, verify_password};

/// The most passwords being hashed at once; each takes 19 MiB, and anybody may send one.
const MOST_HASHES: usize = 4;

/// A password could not be hashed, which is a mistake of ours.
#[derive(Debug, Error)]
#[error("a password could not be hashed")]
pub struct Unhashed(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Unhashed {
    pub(crate) fn because(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Box::new(cause))
    }
}

/// What guards the ways in: sign-in, set-up, links, keys and callbacks.
#[derive(Debug)]
pub struct Doors {
    /// The hash of the one-time token for set-up, until it is used.
    pub setup: Mutex<Option<TokenHash>>,
    /// Failed tries.
    pub attempts: Attempts,
    /// How often keys are used.
    pub rates: Rates,
    /// Callbacks that were forged.
    pub forgeries: Forgeries,
    /// What secrets at rest are encrypted with.
    pub seal: SealKey,
    hashing: Semaphore,
}

impl Doors {
    /// Nobody has tried anything yet.
    pub fn new(setup: Option<TokenHash>, seal: SealKey) -> Self {
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
    ///
    /// # Errors
    /// When it cannot be hashed.
    pub async fn hash(&self, password: Secret<String>, rng: &dyn Rng) -> Result<Secret<String>, Unhashed> {
        let _turn = self.hashing.acquire().await.map_err(Unhashed::because)?;
        hash_password(password, rng).await
    }

    /// Checks a password when it is its turn; without a hash it takes as long and is wrong.
    ///
    /// # Errors
    /// When it cannot be hashed.
    pub async fn verify(
        &self,
        password: Secret<String>,
        hash: Option<Secret<String>>,
    ) -> Result<bool, Unhashed> {
        let _turn = self.hashing.acquire().await.map_err(Unhashed::because)?;
        verify_password(password, hash).await
    }
}
