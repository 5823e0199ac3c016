//! `GET /me/privacy`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::overview::KeptLevel;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_privacy))
}

/// What is kept of what a member asks, beside their own threads.
#[derive(Debug, Serialize, ToSchema)]
struct Privacy {
    /// How much is kept of requests to models.
    requests: KeptLevel,
    /// For how many days it is kept who asked whom, when, and what came of it.
    keep_days: u32,
    /// For how many days what programs say and are told is kept; null: it is not kept.
    #[schema(required)]
    keep_bodies_days: Option<u32>,
}

/// What this workspace keeps of what is asked of models.
#[utoipa::path(get, path = "/me/privacy", tag = "me", responses((status = 200, body = Privacy), (status = "default", response = Problem)))]
async fn get_privacy(State(state): State<ApiState>, Signed(_): Signed) -> Result<Json<Privacy>, Failure> {
    let keeping = state.app.keeps_requests();
    let keeps_bodies = keeping.log == traffic::Level::Full;
    Ok(Json(Privacy {
        requests: keeping.log.into(),
        keep_days: keeping.keep_days,
        keep_bodies_days: keeps_bodies.then(|| keeping.keep_bodies_days.min(keeping.keep_days)),
    }))
}
