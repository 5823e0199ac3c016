//! Sign-up: who may become a member, and those who ask to.

mod ask;
mod decide;
mod list;
mod policy;

use serde::Serialize;
use stdx::{JoinRequestId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::me::Locale;
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(policy::routes())
        .merge(ask::routes())
        .merge(list::routes())
        .merge(decide::routes())
}

/// Somebody who asks to be let in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinRequest)]
pub(crate) struct JoinRequestDocument {
    id: JoinRequestId,
    /// The name they want to sign in with.
    login: String,
    /// The name others would see.
    name: String,
    #[schema(value_type = Locale)]
    locale: String,
    /// What they say about themselves.
    note: String,
    created_at: Timestamp,
}

impl From<accounts::JoinRequest> for JoinRequestDocument {
    fn from(request: accounts::JoinRequest) -> Self {
        Self {
            id: request.id,
            login: request.login,
            name: request.name,
            locale: request.locale,
            note: request.note,
            created_at: request.created_at,
        }
    }
}
