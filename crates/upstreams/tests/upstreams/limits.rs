//! How much is asked at a time and in a minute.

use std::time::Duration;

use futures_util::StreamExt;
use ports::{ChatEvent, ChatModel, ChatRequest};
use upstreams::{Crowd, Options};
use wire::ErrorCode;

use crate::vendor::{END, Step, ask, hear, hello, once, piece, quick, say, stream, toy};

#[tokio::test]
async fn no_more_are_asked_at_a_time_than_the_vendor_takes() {
    let (vendor, upstreams) = toy("limits = { concurrency = 1 }", quick()).await;
    vendor.next([stream(piece("one")), Step::Hang]);
    vendor.always([stream(hello())]);
    let mut first = upstreams.chat(ask("toy/m"));
    while !matches!(first.next().await, Some(Ok(ChatEvent::Text(_)))) {}
    let mut second = upstreams.chat(ask("toy/m"));
    let queued = second.next().await.unwrap().unwrap();
    assert!(matches!(queued, ChatEvent::Queued { position: 0, .. }), "{queued:?}");
    assert_eq!(vendor.requests().len(), 1);
    drop(first);
    assert_eq!(hear(second).await.text, "Hello there.");
}

#[tokio::test]
async fn an_end_that_nobody_reads_keeps_nobody_waiting() {
    let (vendor, upstreams) = toy("limits = { concurrency = 1 }", quick()).await;
    vendor.always([stream(format!("{}{END}", piece("one")))]);
    let mut first = upstreams.chat(ask("toy/m"));
    while !matches!(first.next().await, Some(Ok(ChatEvent::Attempted(_)))) {}
    assert_eq!(say(&upstreams).await.text, "one");
    assert!(matches!(first.next().await, Some(Ok(ChatEvent::Done { .. }))));
}

#[tokio::test]
async fn a_queue_that_is_full_or_too_slow_is_said_to_be() {
    let options =
        Options { crowd: Crowd { most: 1, waiting: 1 }, longest_wait: Duration::from_millis(20), ..quick() };
    let (vendor, upstreams) = toy("", options).await;
    vendor.always([stream(piece("one")), Step::Hang]);
    let mut first = upstreams.chat(ask("toy/m"));
    while !matches!(first.next().await, Some(Ok(ChatEvent::Text(_)))) {}
    let mut second = upstreams.chat(ask("toy/m"));
    assert!(matches!(second.next().await, Some(Ok(ChatEvent::Queued { .. }))));
    assert_eq!(say(&upstreams).await.code(), Some(ErrorCode::UpstreamBusy), "the queue is full");
    assert_eq!(hear(second).await.code(), Some(ErrorCode::UpstreamBusy), "it took too long");
    assert_eq!(vendor.requests().len(), 1);
}

#[tokio::test]
async fn a_minute_has_so_many_requests() {
    let options = Options { longest_wait: Duration::from_millis(20), ..once() };
    let (vendor, upstreams) = toy("limits = { requests_per_minute = 2 }", options).await;
    vendor.always([stream(hello())]);
    assert!(say(&upstreams).await.done.is_some());
    assert!(say(&upstreams).await.done.is_some());
    let heard = say(&upstreams).await;
    assert_eq!(heard.code(), Some(ErrorCode::UpstreamBusy));
    assert!(heard.error.unwrap().detail.starts_with("Toy may not be asked more in this minute."));
    assert_eq!(vendor.requests().len(), 2);
}

#[tokio::test]
async fn a_minute_that_is_nearly_over_is_waited_for() {
    let (vendor, upstreams) = toy("limits = { requests_per_minute = 1200 }", quick()).await;
    vendor.always([stream(hello())]);
    let asked: Vec<_> = (0..1205).map(|_| upstreams.chat(ask("toy/m"))).map(hear).collect();
    let heard = futures_util::stream::iter(asked).buffer_unordered(16).collect::<Vec<_>>().await;
    assert!(heard.iter().all(|heard| heard.done.is_some()));
}

#[tokio::test]
async fn a_question_that_is_too_large_is_not_sent() {
    let (vendor, upstreams) = toy("limits = { body_bytes = 200 }", quick()).await;
    let mut request = ask("toy/m");
    request.messages.push(ports::ChatMessage::text(wire::Role::User, "x".repeat(300)));
    assert_eq!(upstreams.check(&request).unwrap_err().code, ErrorCode::ContextExceeded);
    assert_eq!(hear(upstreams.chat(request)).await.code(), Some(ErrorCode::ContextExceeded));
    let adapted = ports::AdapterUse { id: "own".to_owned(), scale: None };
    let request = ChatRequest { adapters: vec![adapted], ..ask("toy/m") };
    assert_eq!(upstreams.check(&request).unwrap_err().code, ErrorCode::InvalidRequest);
    assert!(vendor.requests().is_empty());
}
