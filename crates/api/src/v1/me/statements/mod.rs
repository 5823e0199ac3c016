//! What a member had, got, used and has, month by month.

mod get;
mod list;
mod page;

use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(list::routes()).merge(get::routes())
}
