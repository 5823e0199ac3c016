//! Reading threads and their messages.

use stdx::ThreadId;
use store::{Cursor, MAX_PAGE, Thread, messages, threads};
use wire::{Message, Run};

use crate::{Actor, App, AppError};

const DEFAULT_PAGE: u32 = 50;

/// A page of threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadPage {
    /// The one changed last first.
    pub items: Vec<Thread>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A page of a thread's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    /// The newest, oldest first.
    pub messages: Vec<Message>,
    /// The runs that write or wrote them.
    pub runs: Vec<Run>,
    /// Where older ones begin.
    pub next: Option<String>,
}

impl App {
    /// The member's threads.
    ///
    /// # Errors
    /// `invalid_request` for a cursor or a limit that cannot be.
    pub async fn threads(
        &self,
        actor: &Actor,
        agent_id: Option<&str>,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<ThreadPage, AppError> {
        let (before, limit) = page_bounds(before, limit)?;
        let scope = actor.scope();
        let page = match agent_id {
            None => threads::page(&self.db, scope, before.as_ref(), limit).await?,
            Some(agent_id) => {
                threads::page_of_agent(&self.db, scope, agent_id, before.as_ref(), limit).await?
            }
        };
        Ok(ThreadPage { items: page.items, next: page.next.map(|cursor| cursor.to_string()) })
    }

    /// One thread.
    ///
    /// # Errors
    /// `not_found`, also for a thread of somebody else.
    pub async fn thread(&self, actor: &Actor, id: ThreadId) -> Result<Thread, AppError> {
        threads::get(&self.db, actor.scope(), id).await?.ok_or_else(|| AppError::not_found("thread"))
    }

    /// The newest messages of a thread, all branches, with their runs.
    ///
    /// # Errors
    /// `not_found`, and as for [`App::threads`].
    pub async fn messages(
        &self,
        actor: &Actor,
        id: ThreadId,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<MessagePage, AppError> {
        let (before, limit) = page_bounds(before, limit)?;
        self.thread(actor, id).await?;
        let page = messages::page(&self.db, actor.scope(), id, before.as_ref(), limit).await?;
        Ok(MessagePage {
            messages: page.items,
            runs: page.runs,
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }
}

/// Where a page begins and how long it is.
pub(crate) fn page_bounds(
    before: Option<&str>,
    limit: Option<u32>,
) -> Result<(Option<Cursor>, u32), AppError> {
    let cursor = before
        .map(str::parse)
        .transpose()
        .map_err(|_| AppError::invalid("before: the `next` of the page before"))?;
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(AppError::invalid(format!("limit: 1 to {MAX_PAGE}")));
    }
    Ok((cursor, limit))
}
