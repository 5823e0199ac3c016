//! Where the signed-in member is signed in.

use stdx::SessionId;
use store::{Batch, Durability, sessions};

pub use store::Session;

use crate::{Accounts, Actor, AppError, Carrier};

impl Accounts {
    /// Where the actor is signed in, the oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>, AppError> {
        Ok(sessions::list(&self.db, actor.scope(), self.clock.now()).await?)
    }

    /// Ends one of the actor's sessions.
    ///
    /// # Errors
    /// `not_found`, also for a session of somebody else.
    pub async fn end_session(&self, actor: &Actor, id: SessionId) -> Result<(), AppError> {
        let batch = Batch::new(Durability::Full).with(sessions::delete(actor.scope(), id));
        match self.db.write(batch).await?.total() {
            0 => Err(AppError::not_found("session")),
            _ => Ok(()),
        }
    }

    /// Ends all of the actor's sessions but the one the request came with.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn end_other_sessions(&self, actor: &Actor) -> Result<(), AppError> {
        let kept = match actor.carrier {
            Carrier::Session(id) => Some(id),
            Carrier::Key(_) | Carrier::Local => None,
        };
        let batch = Batch::new(Durability::Full).with(sessions::delete_others(actor.scope(), kept));
        self.db.write(batch).await?;
        Ok(())
    }
}
