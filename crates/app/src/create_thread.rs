//! Opens a thread.

use stdx::ThreadId;
use store::{Batch, Durability, StoreError, Thread, threads};
use wire::ErrorCode;

use crate::update_thread::check_title;
use crate::{Actor, App, AppError};

/// A thread to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateThread {
    /// Made by the client.
    pub id: ThreadId,
    /// Who answers in it.
    pub agent_id: String,
    /// A name; taken from the first question when absent.
    pub title: Option<String>,
}

/// The thread, and whether this call opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedThread {
    /// The thread.
    pub thread: Thread,
    /// False when it was there already.
    pub is_new: bool,
}

impl App {
    /// Opens a thread; repeating the call answers with the thread there is.
    ///
    /// # Errors
    /// `not_found` for the agent, `conflict` when the id belongs to something else.
    pub async fn create_thread(&self, actor: &Actor, wish: CreateThread) -> Result<CreatedThread, AppError> {
        self.agent(Some(actor), &wish.agent_id)?;
        wish.title.as_deref().map_or(Ok(()), check_title)?;
        let now = self.clock.now();
        let new = Thread {
            id: wish.id,
            workspace_id: actor.workspace_id,
            member_id: actor.member_id,
            agent_id: wish.agent_id.clone(),
            title: wish.title,
            leaf_id: None,
            active_run_id: None,
            created_at: now,
            updated_at: now,
        };
        let write = threads::insert(&new);
        let is_new = match self.db.write(Batch::new(Durability::Full).with(write)).await {
            Ok(_) => true,
            Err(StoreError::Conflict { .. }) => false,
            Err(other) => return Err(other.into()),
        };
        let conflict = || AppError::new(ErrorCode::Conflict, "The id was used for something else.");
        let thread = threads::get(&self.db, actor.scope(), wish.id).await?.ok_or_else(conflict)?;
        if thread.agent_id != wish.agent_id {
            return Err(conflict());
        }
        Ok(CreatedThread { thread, is_new })
    }
}
