//! The signed-in member.

mod get;
mod layout;
mod update;

use serde::Serialize;
use stdx::{MemberId, WorkspaceId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(get::routes()).merge(update::routes()).merge(layout::routes())
}

/// The signed-in member and the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    member: MemberDocument,
    workspace: WorkspaceDocument,
}

/// A person or service account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberDocument {
    id: MemberId,
    /// The name to sign in with.
    login: String,
    /// The name others see.
    name: String,
    /// `owner`, `admin`, `member` or `guest`.
    role: &'static str,
    /// `zh-CN` or `en`.
    locale: String,
}

/// The tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceDocument {
    id: WorkspaceId,
    name: String,
}

impl From<app::Me> for Me {
    fn from(me: app::Me) -> Self {
        let app::Me { member, workspace } = me;
        Self {
            member: MemberDocument {
                id: member.id,
                role: member.role.as_str(),
                login: member.login,
                name: member.name,
                locale: member.locale,
            },
            workspace: WorkspaceDocument { id: workspace.id, name: workspace.name },
        }
    }
}
