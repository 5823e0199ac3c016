//! A run's frames as server-sent events.

use axum::http::{HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use std::convert::Infallible;
use std::time::Duration;
use wire::Frame;

/// Streams frames with their number as `id` and their name as `event`; a comment keeps idle connections open.
pub(crate) fn stream_frames(
    frames: impl Stream<Item = Frame> + Send + 'static,
    heartbeat: Duration,
) -> Response {
    let events = frames.map(|frame| {
        let event = Event::default().id(frame.seq.to_string()).event(frame.event.name());
        let data = serde_json::to_string(&frame.event).unwrap_or_default();
        Ok::<_, Infallible>(event.data(data))
    });
    stream_events(events, heartbeat)
}

/// Streams events; nothing on the way may keep them or hold them back.
pub(crate) fn stream_events(
    events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
    heartbeat: Duration,
) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(heartbeat)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
