//! Workers that die, hang or are not needed any more.

use std::fs;

use engine::Engine;
use ports::{ChatEvent, ChatModel, ChatRequest, ModelHost, PortError, PortErrorKind, Residency};
use rustix::process::{Signal, kill_process, test_kill_process};
use wire::{ErrorCode, FinishReason};

use crate::support::{
    SMOLLM, Setup, answer, ask, ask_long, eventually, next, smollm, until_text, worker_process,
};

/// Sends a signal to the worker in the middle of an answer and returns how the answer ended.
async fn struck(engine: &Engine, request: ChatRequest, signal: Signal) -> PortError {
    let mut stream = engine.chat(request);
    until_text(&mut stream).await;
    kill_process(worker_process(engine), signal).unwrap();
    loop {
        match next(&mut stream).await {
            Some(Err(error)) => {
                assert_eq!(next(&mut stream).await, None);
                return error;
            }
            Some(Ok(ChatEvent::Done { .. })) | None => panic!("the worker did not mind"),
            Some(Ok(_)) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_costs_its_answer_and_the_next_one_comes() {
    let engine = smollm();
    for _ in 0..3 {
        let error = struck(&engine, ask_long(), Signal::KILL).await;
        assert_eq!((error.code, error.kind), (ErrorCode::EngineFailed, PortErrorKind::Retry));
    }
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_shut_down_no_worker_is_left() {
    let engine = smollm();
    let mut stream = engine.chat(ask_long());
    until_text(&mut stream).await;
    let process = worker_process(&engine);
    engine.shut_down().await;
    assert_eq!(test_kill_process(process), Err(rustix::io::Errno::SRCH));
    assert!(engine.resident().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_hangs_is_replaced() {
    let engine = smollm();
    let error = struck(&engine, ask_long(), Signal::STOP).await;
    assert_eq!(error.code, ErrorCode::EngineFailed);
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_there_at_two_aborts_is_not_tried_again() {
    let engine = smollm();
    for _ in 0..2 {
        let error = struck(&engine, ask_long(), Signal::ABORT).await;
        assert_eq!(error.kind, PortErrorKind::Retry);
    }
    let error = answer(&engine, ask_long()).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::EngineFailed, PortErrorKind::Refused));
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_frees_its_stream() {
    let engine = Setup::with(SMOLLM).streams(1).start();
    for _ in 0..3 {
        let mut stream = engine.chat(ask_long());
        until_text(&mut stream).await;
    }
    let answer = answer(&engine, ask("Hi", 4)).await.unwrap();
    assert_ne!(answer.reason, FinishReason::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_the_model_loads_harms_nobody() {
    let engine = smollm();
    let mut stream = engine.chat(ask_long());
    assert_eq!(next(&mut stream).await, Some(Ok(ChatEvent::Loading)));
    drop(stream);
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn unloading_ends_the_process_and_the_next_request_loads_again() {
    let engine = smollm();
    let mut stream = engine.chat(ask_long());
    until_text(&mut stream).await;
    let process = worker_process(&engine);
    engine.unload(SMOLLM);
    assert_eq!(engine.residency(SMOLLM), Residency::Unloading, "the wish shows at once");
    eventually("the model is gone", || engine.residency(SMOLLM) == Residency::Absent).await;
    assert!(test_kill_process(process).is_err(), "the process is gone");
    while let Some(event) = next(&mut stream).await {
        if let Err(error) = event {
            assert_eq!(error.code, ErrorCode::EngineFailed);
        }
    }
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_model_is_unloaded() {
    let mut setup = Setup::with(SMOLLM);
    setup.limits.idle = std::time::Duration::from_secs(1);
    let engine = setup.start();
    answer(&engine, ask("Hi", 4)).await.unwrap();
    eventually("the model is unloaded", || engine.resident().is_empty()).await;
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_ends_with_its_engine() {
    let engine = smollm();
    let mut stream = engine.chat(ask_long());
    until_text(&mut stream).await;
    let process = worker_process(&engine);
    drop((stream, engine));
    eventually("the process is gone", || test_kill_process(process).is_err()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_knows_nothing_of_the_server_and_dies_before_it() {
    let engine = smollm();
    answer(&engine, ask("Hi", 1)).await.unwrap();
    let proc = format!("/proc/{}", worker_process(&engine).as_raw_nonzero());
    // Only root may look: a worker is closed to the eyes of its own user.
    if let Ok(environment) = fs::read_to_string(format!("{proc}/environ")) {
        let names: Vec<&str> =
            environment.split('\0').filter_map(|entry| Some(entry.split_once('=')?.0)).collect();
        assert_eq!(names, ["OMP_WAIT_POLICY"]);
    }
    assert_eq!(fs::read_to_string(format!("{proc}/oom_score_adj")).unwrap().trim(), "900");
}
