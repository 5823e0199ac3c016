//! What all use cases about accounts share.

use std::sync::Arc;

use doors::{Doors, TokenHash};
use ports::ChatModel;
use stdx::{Clock, EntityId, IdMaker, Rng};
use store::Db;
use tokio_util::task::TaskTracker;
use wire::Locale;

use crate::AppError;

/// What it takes.
#[derive(Debug)]
pub struct AccountsParts {
    /// Where everything is kept.
    pub db: Db,
    /// What guards the ways in.
    pub doors: Arc<Doors>,
    /// The ids of the agents that a guest can be invited to.
    pub agents: Vec<String>,
    /// Who forgets what it computed for somebody who is removed.
    pub chat: Arc<dyn ChatModel>,
    /// The hash of the token that lets programs of this machine's user act as the owner.
    pub local_token: Option<TokenHash>,
    /// The language of the machine.
    pub default_locale: Locale,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
}

/// Who there is, and the ways in. Cheap to share; use cases are its methods.
#[derive(Debug)]
pub struct Accounts {
    pub(crate) db: Db,
    pub(crate) doors: Arc<Doors>,
    pub(crate) agents: Vec<String>,
    pub(crate) chat: Arc<dyn ChatModel>,
    pub(crate) local_token: Option<TokenHash>,
    pub(crate) default_locale: Locale,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) ids: IdMaker,
    /// What nobody waits for.
    pub(crate) tasks: TaskTracker,
}

impl Accounts {
    /// Plugs the parts together.
    pub fn new(parts: AccountsParts) -> Arc<Self> {
        let AccountsParts { db, doors, agents, chat, local_token, default_locale, clock, rng } = parts;
        let ids = IdMaker::new(Arc::clone(&clock), Arc::clone(&rng));
        let tasks = TaskTracker::new();
        Arc::new(Self { db, doors, agents, chat, local_token, default_locale, clock, rng, ids, tasks })
    }

    /// A fresh identifier for callers that have none of their own to make.
    pub fn fresh_id_of<I: EntityId>(&self) -> I {
        self.ids.make()
    }

    /// True until the owner's account was made.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn setup_required(&self) -> Result<bool, AppError> {
        Ok(store::workspaces::first(&self.db).await?.is_none())
    }

    /// Waits until what nobody waits for is stored.
    pub async fn shut_down(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
