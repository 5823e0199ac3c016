//! All that is known of providers, and who asks them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use catalog::Prices;
use ports::ProviderHost;
use stdx::{Secret, Timestamp};
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use crate::{ProviderFacts, RemoteModels};

/// Tests at a time: each waits for somebody else's machine.
const MOST_TESTS: usize = 2;

/// All that is known of providers, and who asks them.
#[derive(Debug)]
pub struct ProviderDesk {
    pub(crate) facts: ProviderFacts,
    pub(crate) host: Arc<dyn ProviderHost>,
    now: RwLock<Arc<Offered>>,
    /// One change at a time.
    turn: Mutex<()>,
    pub(crate) tests: Semaphore,
}

/// What secrets at rest are sealed with. What is sealed for one owner cannot be opened as another's.
pub trait Safe {
    /// Seals a secret.
    fn seal(&self, secret: &[u8], owner: &str) -> String;

    /// Opens it; nothing when it was sealed by another, for another owner, or was changed.
    fn open(&self, sealed: &str, owner: &str) -> Option<Secret<Vec<u8>>>;
}

/// Where the prices of models stand.
#[derive(Clone, Copy, Debug)]
pub struct PriceLists<'a> {
    /// All of them.
    pub prices: &'a Prices,
    /// Whose list counts for a site, where that is not called as the site.
    pub names: &'a BTreeMap<String, String>,
    /// Now.
    pub at: Timestamp,
}

impl<'a> PriceLists<'a> {
    pub(crate) fn of(&self, site: &'a str) -> &'a str {
        self.names.get(site).map_or(site, String::as_str)
    }
}

/// What members are offered now, and what is wrong with providers that should be asked and are not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offered {
    pub(crate) remote: Arc<RemoteModels>,
    pub(crate) broken: BTreeMap<String, String>,
}

impl ProviderDesk {
    /// For these. Nobody is asked before [`ProviderDesk::reopen`].
    pub fn new(facts: ProviderFacts, host: Arc<dyn ProviderHost>) -> Self {
        Self::with_models(facts, host, RemoteModels::default())
    }

    /// One whose models are known beforehand, until something is changed.
    pub fn with_models(facts: ProviderFacts, host: Arc<dyn ProviderHost>, remote: RemoteModels) -> Self {
        Self {
            facts,
            host,
            now: RwLock::new(Arc::new(Offered { remote: Arc::new(remote), broken: BTreeMap::new() })),
            turn: Mutex::default(),
            tests: Semaphore::new(MOST_TESTS),
        }
    }

    /// Waits until nobody else changes anything.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(crate) fn offer(&self, offered: Offered) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(offered);
    }

    pub(crate) fn offered(&self) -> Arc<Offered> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The models of providers that are offered now.
    pub fn remote(&self) -> Arc<RemoteModels> {
        Arc::clone(&self.offered().remote)
    }
}
