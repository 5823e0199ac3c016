//! `/api/v1`, a folder for each noun.

mod adapters;
mod agents;
mod budgets;
mod groups;
mod invitations;
mod keys;
mod me;
mod members;
mod models;
mod money;
mod orders;
mod plans;
mod providers;
mod recovery;
mod requests;
mod runs;
mod savings;
mod savings_watched;
mod service_accounts;
mod sessions;
mod setup;
mod sign_up;
mod spend;
mod status;
mod threads;
mod vouchers;

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
        .merge(orders::routes())
        .merge(budgets::routes())
        .merge(spend::routes())
        .merge(requests::routes())
        .merge(savings::routes())
        .merge(savings_watched::routes())
        .merge(vouchers::routes())
        .merge(models::routes())
        .merge(providers::routes())
        .merge(adapters::routes())
        .merge(members::routes())
        .merge(service_accounts::routes())
        .merge(groups::routes())
        .merge(invitations::routes())
        .merge(sign_up::routes())
        .merge(recovery::routes())
        .merge(keys::routes())
}
