//! For operators: is it alive, is it ready, and what has it done.

mod metrics;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

pub(crate) use metrics::{Metrics, count};

use crate::router::ApiState;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(exposition))
}

/// Ready when the database answers.
async fn ready(State(state): State<ApiState>) -> (StatusCode, &'static str) {
    if state.app.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}

async fn exposition(State(state): State<ApiState>) -> impl IntoResponse {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    // A database that does not answer is told by `readyz`; the figures before stay as they are.
    if let Ok(holds) = state.app.open_holds().await {
        state.metrics.note_holds(holds);
    }
    let text = state.metrics.encode(state.app.live_run_count(), &state.app.ready_models());
    ([(header::CONTENT_TYPE, OPEN_METRICS)], text)
}
