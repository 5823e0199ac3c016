//! `GET /status`: what a client must know before anybody has signed in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::me::Locale;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_status))
}

/// What a client must know before anybody has signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// The server's version.
    version: &'static str,
    /// True until the owner's account was made.
    setup_required: bool,
    /// The model agents use unless they say otherwise.
    default_model: String,
    #[schema(value_type = Locale)]
    default_locale: &'static str,
}

/// The state of the server.
#[utoipa::path(get, path = "/status", tag = "status", responses((status = 200, body = Status), (status = "default", response = Problem)))]
async fn get_status(State(state): State<ApiState>) -> Result<Json<Status>, Failure> {
    let app = &state.app;
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        setup_required: state.accounts.setup_required().await?,
        default_model: app.default_model().to_owned(),
        default_locale: app.default_locale().tag(),
    }))
}
