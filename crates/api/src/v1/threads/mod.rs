//! Conversations.

mod create;
mod delete;
mod get;
mod list;
mod messages;
mod update;

use serde::Serialize;
use stdx::{MessageId, RunId, ThreadId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(create::routes())
        .merge(get::routes())
        .merge(update::routes())
        .merge(delete::routes())
        .merge(messages::routes())
}

/// A conversation with one agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Thread)]
pub(crate) struct ThreadDocument {
    id: ThreadId,
    agent_id: String,
    /// Taken from the first question unless a member named it.
    #[schema(required)]
    title: Option<String>,
    /// The tip of the branch on show.
    #[schema(required)]
    leaf_id: Option<MessageId>,
    /// The newest run that is not over.
    #[schema(required)]
    active_run_id: Option<RunId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<app::Thread> for ThreadDocument {
    fn from(thread: app::Thread) -> Self {
        Self {
            id: thread.id,
            agent_id: thread.agent_id,
            title: thread.title,
            leaf_id: thread.leaf_id,
            active_run_id: thread.active_run_id,
            created_at: thread.created_at,
            updated_at: thread.updated_at,
        }
    }
}
