//! `/api/v1`, a folder for each noun.

mod adapters;
mod agents;
mod me;
mod models;
mod plans;
mod runs;
mod sessions;
mod setup;
mod status;
mod threads;

use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(status::routes())
        .merge(setup::routes())
        .merge(sessions::routes())
        .merge(me::routes())
        .merge(agents::routes())
        .merge(threads::routes())
        .merge(runs::routes())
        .merge(plans::routes())
        .merge(models::routes())
        .merge(adapters::routes())
}
