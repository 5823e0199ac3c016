//! Groups of members.

mod create;
mod delete;
mod list;
mod members;
mod update;

use serde::Serialize;
use stdx::{GroupId, MemberId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(create::routes())
        .merge(update::routes())
        .merge(delete::routes())
        .merge(members::routes())
}

/// Some members of the workspace under a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub(crate) struct GroupDocument {
    id: GroupId,
    name: String,
    member_ids: Vec<MemberId>,
    created_at: Timestamp,
}

impl From<accounts::GroupInfo> for GroupDocument {
    fn from(info: accounts::GroupInfo) -> Self {
        let accounts::GroupInfo { group, member_ids } = info;
        Self { id: group.id, name: group.name, member_ids, created_at: group.created_at }
    }
}
