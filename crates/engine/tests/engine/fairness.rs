//! Members who want the same at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ports::{ChatEvent, ChatModel, ChatRequest};

use crate::support::{ask, ask_long, next, smollm, until_text};

fn of(member: &str, request: ChatRequest) -> ChatRequest {
    ChatRequest { scope: Some(member.to_owned()), ..request }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_gets_on_against_a_flood_of_another_member() {
    let engine = smollm();
    let others = Arc::new(AtomicUsize::new(0));
    let mut flood = Vec::new();
    for _ in 0..50 {
        let (mut stream, others) = (engine.chat(of("many", ask_long())), Arc::clone(&others));
        flood.push(tokio::spawn(async move {
            while let Some(Ok(event)) = next(&mut stream).await {
                if matches!(event, ChatEvent::Text(_)) {
                    others.fetch_add(1, Ordering::Relaxed);
                }
            }
        }));
    }
    // The flood has begun when it writes.
    while others.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let mut stream = engine.chat(of("one", ask("Write a very long story about a mountain.", 120)));
    until_text(&mut stream).await;
    let (before, mut own) = (others.load(Ordering::Relaxed), 0);
    while let Some(event) = next(&mut stream).await {
        if matches!(event.unwrap(), ChatEvent::Text(_)) {
            own += 1;
        }
    }
    let meanwhile = others.load(Ordering::Relaxed) - before;
    assert!(own * 10 >= (own + meanwhile) * 4, "{own} tokens against {meanwhile}");
    for task in flood {
        task.abort();
    }
}
