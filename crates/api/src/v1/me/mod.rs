//! The signed-in member.

mod alerts;
mod get;
mod layout;
mod password;
mod plan;
mod second_factor;
mod sessions;
mod statements;
mod update;
mod vouchers;
mod wallet;

use serde::{Deserialize, Serialize};
use stdx::{MemberId, WorkspaceId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(crate) use wallet::{MovementReason, WalletDocument, WalletQuery};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(get::routes())
        .merge(update::routes())
        .merge(layout::routes())
        .merge(plan::routes())
        .merge(alerts::routes())
        .merge(wallet::routes())
        .merge(vouchers::routes())
        .merge(statements::routes())
        .merge(password::routes())
        .merge(sessions::routes())
        .merge(second_factor::routes())
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
    role: Role,
    #[schema(value_type = Locale)]
    locale: String,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MemberRole)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Owner,
    Admin,
    Member,
    Guest,
}

impl From<app::Role> for Role {
    fn from(role: app::Role) -> Self {
        match role {
            app::Role::Owner => Self::Owner,
            app::Role::Admin => Self::Admin,
            app::Role::Member => Self::Member,
            app::Role::Guest => Self::Guest,
        }
    }
}

impl From<Role> for app::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
            Role::Guest => Self::Guest,
        }
    }
}

/// A language of the interface.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "for the description of the API; the application knows the languages")]
pub(crate) enum Locale {
    #[schema(rename = "zh-CN")]
    Chinese,
    #[schema(rename = "en")]
    English,
}

/// The tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceDocument {
    id: WorkspaceId,
    name: String,
}

impl From<accounts::Me> for Me {
    fn from(me: accounts::Me) -> Self {
        let accounts::Me { member, workspace } = me;
        Self {
            member: MemberDocument {
                id: member.id,
                role: member.role.into(),
                login: member.login,
                name: member.name,
                locale: member.locale,
            },
            workspace: WorkspaceDocument { id: workspace.id, name: workspace.name },
        }
    }
}
