//! Renames a thread or shows another branch of it.

use stdx::{MessageId, ThreadId};
use store::{Batch, Durability, Thread, messages, threads};

use crate::{Actor, App, AppError};

/// What to change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateThread {
    /// At most 200 characters.
    pub title: Option<String>,
    /// A message of the thread.
    pub leaf_id: Option<MessageId>,
}

impl App {
    /// Renames a thread or shows another branch of it.
    ///
    /// # Errors
    /// `not_found` for the thread or a leaf outside of it, `invalid_request` for the title.
    pub async fn update_thread(
        &self,
        actor: &Actor,
        id: ThreadId,
        change: UpdateThread,
    ) -> Result<Thread, AppError> {
        let thread = self.thread(actor, id).await?;
        let mut batch = Batch::new(Durability::Full);
        if let Some(title) = &change.title {
            check_title(title)?;
            batch.push(threads::set_title(actor.scope(), id, title.trim()));
        }
        if let Some(leaf_id) = change.leaf_id {
            let leaf = messages::get(&self.db, actor.scope(), leaf_id).await?;
            if leaf.is_none_or(|leaf| leaf.thread_id != thread.id) {
                return Err(AppError::not_found("message in this thread"));
            }
            batch.push(threads::set_leaf(actor.scope(), id, leaf_id));
        }
        self.db.write(batch).await.map_err(AppError::gone("thread"))?;
        self.thread(actor, id).await
    }
}

pub(crate) fn check_title(title: &str) -> Result<(), AppError> {
    if !(1..=200).contains(&title.trim().chars().count()) || title.chars().any(char::is_control) {
        return Err(AppError::invalid("title: 1 to 200 characters on one line"));
    }
    Ok(())
}
