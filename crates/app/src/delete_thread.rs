//! Deletes a thread with everything in it.

use stdx::ThreadId;
use store::{Batch, Durability, threads};

use crate::{Actor, App, AppError};

impl App {
    /// Deletes a thread; runs that still write in it are stopped and waited for first. What models have computed of it
    /// is dropped too.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_thread(&self, actor: &Actor, id: ThreadId) -> Result<(), AppError> {
        self.thread(actor, id).await?;
        self.live.cancel_thread(id).await;
        let batch = Batch::new(Durability::Full).with(threads::delete(actor.scope(), id));
        self.db.write(batch).await.map_err(AppError::gone("thread"))?;
        // What a model has computed of the thread is only known by member; the rest is computed again.
        self.chat.forget(&actor.member_id.to_string());
        Ok(())
    }
}
