//! A run's frames as server-sent events.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use std::convert::Infallible;
use std::time::Duration;
use wire::Frame;

/// Events that leave in one piece at most.
const MOST_TOGETHER: usize = 64;

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
    let response = Sse::new(events).keep_alive(KeepAlive::new().interval(heartbeat)).into_response();
    // What is there together leaves in one piece, and nothing waits for more.
    let together =
        |body: Body| Body::from_stream(body.into_data_stream().ready_chunks(MOST_TOGETHER).map(joined));
    let mut response = response.map(together);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn joined(parts: Vec<Result<Bytes, axum::Error>>) -> Result<Bytes, axum::Error> {
    let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(match parts.as_slice() {
        [one] => one.clone(),
        parts => parts.concat().into(),
    })
}

#[cfg(test)]
mod tests {
    use tokio_stream::wrappers::UnboundedReceiverStream;

    use super::*;

    #[tokio::test]
    async fn events_that_are_there_together_leave_together_and_none_waits() {
        let (send, receive) = tokio::sync::mpsc::unbounded_channel::<&str>();
        let events = UnboundedReceiverStream::new(receive).map(|text| Ok(Event::default().data(text)));
        let mut body = stream_events(events, Duration::from_secs(60)).into_body().into_data_stream();
        send.send("one").unwrap();
        send.send("two").unwrap();
        assert_eq!(body.next().await.unwrap().unwrap(), "data: one\n\ndata: two\n\n");
        send.send("three").unwrap();
        assert_eq!(body.next().await.unwrap().unwrap(), "data: three\n\n");
    }
}
