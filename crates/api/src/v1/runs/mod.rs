//! Runs: asking, following, stopping.

mod cancel;
mod create;
mod events;
mod get;

use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(create::routes())
        .merge(get::routes())
        .merge(events::routes())
        .merge(cancel::routes())
}
