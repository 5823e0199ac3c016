//! Ends a session.

use store::{Batch, Durability, sessions};

use crate::{Accounts, Actor, AppError, Carrier};

impl Accounts {
    /// Ends the session the request came with; other carriers have none to end.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn sign_out(&self, actor: &Actor) -> Result<(), AppError> {
        if let Carrier::Session(id) = actor.carrier {
            let batch = Batch::new(Durability::Full).with(sessions::delete(actor.scope(), id));
            self.db.write(batch).await?;
        }
        Ok(())
    }
}
