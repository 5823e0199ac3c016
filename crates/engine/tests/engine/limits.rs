//! What is refused.

use futures_util::future::join_all;
use ports::{ChatModel, PortErrorKind};
use wire::{ErrorCode, FinishReason};

use crate::support::{SMOLLM, Setup, answer, ask, ask_long, collect, smollm, until_text};

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_does_not_fit_is_refused_with_both_numbers() {
    let engine = smollm();
    let error = answer(&engine, ask(&"word ".repeat(3000), 8)).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::ContextExceeded, PortErrorKind::Bad));
    let numbers: Vec<u32> =
        error.detail.split_whitespace().filter_map(|w| w.trim_matches('.').parse().ok()).collect();
    assert!(numbers[0] > 3000 && numbers[1] == 1024, "{}", error.detail);
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_context_ends_the_answer() {
    let mut setup = Setup::with(SMOLLM);
    setup.settings.context_tokens = 64;
    let engine = setup.start();
    let mut request = ask_long();
    request.sampling.max_tokens = None;
    let answer = answer(&engine, request).await.unwrap();
    assert_eq!(answer.reason, FinishReason::Length);
    assert_eq!(answer.usage.input_tokens + answer.usage.output_tokens, 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_no_model_can_answer_is_refused_at_once() {
    let engine = smollm();
    let mut request = ask("Hi", 4);
    request.sampling.temperature = f32::NAN;
    assert_eq!(answer(&engine, request).await.unwrap_err().code, ErrorCode::InvalidRequest);
    assert!(engine.resident().is_empty(), "nothing was started for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bias_for_a_token_that_the_model_does_not_have_is_refused_by_its_number() {
    let engine = smollm();
    let mut request = ask("Hi", 4);
    request.sampling.logit_bias = vec![(999_999, 1.0)];
    let error = answer(&engine, request).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::InvalidRequest, PortErrorKind::Bad));
    assert!(error.detail.contains("999999"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_the_limit_are_refused() {
    let mut setup = Setup::with(SMOLLM);
    setup.limits.requests = 2;
    let engine = setup.start();
    let mut running = engine.chat(ask_long());
    until_text(&mut running).await;
    let answers = join_all((0..3).map(|_| answer(&engine, ask("Hi", 2)))).await;
    let refused: Vec<ErrorCode> =
        answers.into_iter().filter_map(|a| a.err().map(|error| error.code)).collect();
    assert_eq!(refused, [ErrorCode::Overloaded; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_until_the_context_memory_has_room_for_all_it_may_need() {
    let mut setup = Setup::with(SMOLLM);
    setup.settings.kv_tokens = 1024;
    let engine = setup.start();
    let mut first = engine.chat(ask_long());
    until_text(&mut first).await;
    let second = tokio::spawn(collect(engine.chat(ask("Name a fruit.", 500))));
    tokio::task::yield_now().await;
    drop(first);
    let answer = second.await.unwrap().unwrap();
    assert!(!answer.queued.is_empty(), "{answer:?}");
}
