//! What waits, waits. No test asks for how long: it is silent for what is longer than any test.

use std::future::Future;
use std::time::Duration;

use dialects::{Decoder, Delivery, Event};
use fakevendors::Outcome;
use reqwest::Response;

use crate::client::{KEY, Town, call, endpoints, question, town};

/// A moment, in which nothing happens.
async fn is_silent<T>(waiting: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err()
}

async fn begin(town: &Town, endpoint: &catalog::Endpoint, model: &str) -> Response {
    let call = call(endpoint, model, Delivery::Streamed, &question());
    town.post(endpoint, &call.path, call.body, KEY).send().await.unwrap()
}

/// Reads until so many texts were heard.
async fn hear(endpoint: &catalog::Endpoint, response: &mut Response, texts: usize) {
    let (mut decoder, mut heard) = (Decoder::new(endpoint, "m"), 0);
    while heard < texts {
        let events = decoder.push(&response.chunk().await.unwrap().unwrap());
        heard += events.iter().filter(|event| matches!(event, Event::Text(_))).count();
    }
    assert_eq!(heard, texts);
}

#[tokio::test]
async fn heads_first_bytes_and_later_tokens_wait() {
    let town = town().await;
    for endpoint in endpoints() {
        assert!(is_silent(begin(&town, &endpoint, "head-3600s")).await);
        let mut response = begin(&town, &endpoint, "first-3600s").await;
        assert!(response.status().is_success() && is_silent(response.chunk()).await);
        let mut response = begin(&town, &endpoint, "say-30.pause-20-3600s").await;
        hear(&endpoint, &mut response, 20).await;
        assert!(is_silent(response.chunk()).await);
        let mut response = begin(&town, &endpoint, "trickle-3600s").await;
        assert_eq!(response.chunk().await.unwrap().unwrap().len(), 1);
        assert!(is_silent(response.chunk()).await);
    }
}

#[tokio::test]
async fn a_pace_holds_back_all_but_the_first_piece() {
    let town = town().await;
    for endpoint in endpoints() {
        // Pieces of 3,600 at one token a second: the second one is due in an hour.
        let mut response = begin(&town, &endpoint, "say-4000.tps-1.batch-3600").await;
        let heard = heard_until_silence(&endpoint, &mut response).await;
        assert!((3_590..=3_600).contains(&heard), "{:?} {heard}", endpoint.dialect);
    }
}

/// Reads all that comes before it is silent.
async fn heard_until_silence(endpoint: &catalog::Endpoint, response: &mut Response) -> usize {
    let (mut decoder, mut heard) = (Decoder::new(endpoint, "m"), 0);
    loop {
        let Ok(chunk) = tokio::time::timeout(Duration::from_secs(1), response.chunk()).await else {
            break;
        };
        let events = decoder.push(&chunk.unwrap().unwrap());
        heard += events.iter().filter(|event| matches!(event, Event::Text(_))).count();
    }
    heard
}

#[tokio::test]
async fn whoever_leaves_before_the_head_has_had_the_question_read() {
    let town = town().await;
    for endpoint in endpoints() {
        assert!(is_silent(begin(&town, &endpoint, "head-3600s.prompt-9")).await);
        town.vendors.settled().await;
        let entry = town.vendors.entries().pop().unwrap();
        assert_eq!((entry.outcome, entry.sums.input_tokens, entry.sums.output_tokens), (Outcome::Left, 9, 0));
    }
}

#[tokio::test]
async fn an_end_of_the_server_is_an_end_of_what_it_tells() {
    let town = town().await;
    let endpoint = &endpoints()[0];
    let mut response = begin(&town, endpoint, "say-30.pause-20-3600s").await;
    hear(endpoint, &mut response, 20).await;
    let Town { vendors, client: _client } = town;
    drop(vendors);
    response.chunk().await.unwrap_err();
}
