//! The people and service accounts of the workspace, for those who run it.

mod delete;
mod get;
mod list;
mod plan;
mod recovery_link;
mod update;
mod wallet;

use serde::Serialize;
use stdx::{GroupId, MemberId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::me::{Locale, Role};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(get::routes())
        .merge(update::routes())
        .merge(delete::routes())
        .merge(recovery_link::routes())
        .merge(plan::routes())
        .merge(wallet::routes())
}

/// A member as admins see them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberDetail)]
pub(crate) struct MemberDocument {
    id: MemberId,
    kind: MemberKind,
    /// The name to sign in with; nobody signs in as a service account.
    login: String,
    /// The name others see.
    name: String,
    role: Role,
    #[schema(value_type = Locale)]
    locale: String,
    /// The agents a guest may use; null for other roles, who may use all.
    #[schema(required)]
    agents: Option<Vec<String>>,
    group_ids: Vec<GroupId>,
    /// True when their sign-in asks for a code.
    second_factor: bool,
    /// Since when their sessions and keys open nothing.
    #[schema(required)]
    suspended_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// What a member is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberKind {
    /// Somebody who signs in.
    Person,
    /// A program that has keys and never signs in.
    Service,
}

impl From<accounts::MemberInfo> for MemberDocument {
    fn from(info: accounts::MemberInfo) -> Self {
        let accounts::MemberInfo { member, group_ids, has_second_factor } = info;
        Self {
            id: member.id,
            kind: match member.kind {
                accounts::MemberKind::Person => MemberKind::Person,
                accounts::MemberKind::Service => MemberKind::Service,
            },
            login: member.login,
            name: member.name,
            role: member.role.into(),
            locale: member.locale,
            agents: member.agents,
            group_ids,
            second_factor: has_second_factor,
            suspended_at: member.suspended_at,
            created_at: member.created_at,
        }
    }
}
