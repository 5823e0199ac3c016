//! Reading server-sent events one by one.

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use http_body_util::BodyDataStream;
use serde_json::Value;

use crate::contract;

/// When something that must come has not come for so long, the test has failed. No test waits so long to pass.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something that must come.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("nothing came from {what}"),
    }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct SseEvent {
    /// `id`, when there is one.
    pub id: Option<u64>,
    /// `event`, when there is one.
    pub name: Option<String>,
    /// `data`: JSON, or a string when it is not.
    pub data: Value,
}

/// A stream of events, read as they come. Dropping it is leaving.
#[derive(Debug)]
pub struct EventReader {
    body: BodyDataStream<Body>,
    unread: Vec<u8>,
    /// Whether the events are those of a run, which the API describes.
    of_run: bool,
}

impl EventReader {
    pub(crate) fn new(body: Body, of_run: bool) -> Self {
        Self { body: BodyDataStream::new(body), unread: Vec::new(), of_run }
    }

    /// The next event; nothing when the stream has ended. Comments are passed over.
    pub async fn next(&mut self) -> Option<SseEvent> {
        in_time("the stream", self.read_next()).await
    }

    async fn read_next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                match parse(std::str::from_utf8(&block).unwrap()) {
                    Some(event) => {
                        if self.of_run {
                            contract::check_event(&event);
                        }
                        return Some(event);
                    }
                    None => continue,
                }
            }
            match self.body.next().await {
                Some(bytes) => self.unread.extend_from_slice(&bytes.unwrap()),
                None => {
                    assert_eq!(String::from_utf8_lossy(&self.unread), "", "half an event");
                    return None;
                }
            }
        }
    }

    /// The next `count` events; fails when the stream ends before.
    pub async fn take(&mut self, count: usize) -> Vec<SseEvent> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await.unwrap());
        }
        events
    }

    /// All events to the end of the stream.
    pub async fn rest(mut self) -> Vec<SseEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The pieces of the answer among events.
pub fn texts(events: &[SseEvent]) -> Vec<&str> {
    let pieces = events.iter().filter(|event| event.name.as_deref() == Some("text_delta"));
    pieces.map(|event| event.data.get("text").and_then(Value::as_str).unwrap()).collect()
}

/// Nothing for a block that has only comments.
fn parse(block: &str) -> Option<SseEvent> {
    let mut event = SseEvent { id: None, name: None, data: Value::Null };
    let mut data = Vec::new();
    for line in block.lines().filter(|line| !line.is_empty() && !line.starts_with(':')) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => event.id = Some(value.parse().unwrap()),
            "event" => event.name = Some(value.to_owned()),
            "data" => data.push(value),
            other => panic!("an event with a field `{other}`"),
        }
    }
    if data.is_empty() {
        return None;
    }
    let data = data.join("\n");
    event.data = serde_json::from_str(&data).unwrap_or(Value::String(data));
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_are_read_across_the_pieces_of_the_body() {
        let pieces = ["id: 1\nevent: a\nda", "ta: {\"x\":1}\n\n: beat\n\nda", "ta: [DONE]\n\n"];
        let body =
            Body::from_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::convert::Infallible>)));
        let events = EventReader::new(body, false).rest().await;
        assert_eq!(
            events,
            [
                SseEvent { id: Some(1), name: Some("a".to_owned()), data: serde_json::json!({"x": 1}) },
                SseEvent { id: None, name: None, data: serde_json::json!("[DONE]") },
            ]
        );
    }
}
