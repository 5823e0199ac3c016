//! `GET /runs/{id}/events`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Event;

use crate::extract::{Path, Query, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::sse::stream_frames;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_run_events))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    /// Begin behind this number; the header `Last-Event-ID` goes before it.
    after: Option<u64>,
}

/// Follows a run from any event on, live or long over; leaving changes nothing.
#[utoipa::path(get, path = "/runs/{id}/events", tag = "runs", params(("id" = String, Path), EventQuery), responses((status = 200, description = "Server-sent events: `id` is the number, `event` the name, `data` the event", content_type = "text/event-stream", body = Event), (status = "default", response = Problem)))]
async fn get_run_events(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let last_id = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last_id.and_then(|text| text.parse().ok()).or(query.after).unwrap_or(0);
    let frames = state.app.follow_run(&actor, path_id(&id, "run")?, after).await?;
    Ok(stream_frames(frames, state.options.stream_heartbeat))
}
