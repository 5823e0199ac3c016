//! Several models side by side: ahead of use, pinned, and making room for each other.

use std::time::Duration;

use engine::Engine;
use ports::{ChatModel, ChatRequest, ModelHost, ReadyModel, Residency};
use rustix::process::{Signal, kill_process};
use wire::ErrorCode;

use crate::support::{
    QWEN, SMOLLM, Setup, answer, ask, ask_long, eventually, model_file, next, smollm, until_text,
    worker_process,
};

/// The small model twice, by two names: enough to fill a memory.
const TWIN: &str = "twin";

fn of(model: &str, request: ChatRequest) -> ChatRequest {
    ChatRequest { model: model.to_owned(), ..request }
}

/// An engine that knows the small model and its twin, and has memory for so many of them.
fn with_room_for(models: u64) -> Engine {
    let mut setup = Setup::with(SMOLLM);
    setup.files.insert(TWIN.to_owned(), model_file(SMOLLM));
    let one = engine::estimate(&model_file(SMOLLM), &setup.settings).unwrap().total();
    setup.limits.memory = Some(one * models + one / 10);
    setup.start()
}

fn ready(engine: &Engine, model: &str) -> Option<ReadyModel> {
    match engine.residency(model) {
        Residency::Ready(ready) => Some(ready),
        _ => None,
    }
}

async fn loaded(engine: &Engine, model: &str) -> ReadyModel {
    engine.load(model);
    assert_eq!(engine.residency(model), Residency::Loading, "the wish shows at once");
    eventually("the model is in memory", || ready(engine, model).is_some()).await;
    ready(engine, model).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_was_loaded_ahead_answers_without_loading() {
    let engine = smollm();
    assert_eq!(engine.residency(SMOLLM), Residency::Absent);
    let needs = engine.needs(SMOLLM).unwrap();
    let ready = loaded(&engine, SMOLLM).await;
    assert!(ready.memory_bytes <= needs && ready.requests == 0 && ready.idle_left.is_some(), "{ready:?}");
    let mut stream = engine.chat(ask("Hi", 4));
    until_text(&mut stream).await;
    assert_eq!(engine.resident().len(), 1);
    while next(&mut stream).await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_needs_is_told_before_it_is_loaded_and_follows_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::copy(model_file(SMOLLM), &path).unwrap();
    let engine = Setup::file(SMOLLM, path.clone()).start();
    let needs = engine.needs(SMOLLM).unwrap();
    assert_eq!(engine.needs(SMOLLM).unwrap(), needs);
    std::fs::write(&path, b"something else").unwrap();
    assert_eq!(engine.needs(SMOLLM).unwrap_err().code, ErrorCode::ModelCorrupt);
    assert_eq!(engine.needs("other").unwrap_err().code, ErrorCode::ModelNotInstalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_model_makes_room_for_another() {
    let engine = with_room_for(1);
    answer(&engine, ask("Hi", 4)).await.unwrap();
    answer(&engine, of(TWIN, ask("Hi", 4))).await.unwrap();
    assert_eq!(engine.residency(SMOLLM), Residency::Absent);
    assert!(ready(&engine, TWIN).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn models_that_fit_stay_side_by_side() {
    let engine = with_room_for(2);
    engine.load(SMOLLM);
    engine.load(TWIN);
    eventually("both are in memory", || engine.resident().len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_loads_at_once_are_not_given_the_same_memory() {
    let engine = with_room_for(1);
    engine.load(SMOLLM);
    engine.load(TWIN);
    let is_over = |model| matches!(engine.residency(model), Residency::Ready(_) | Residency::Absent);
    eventually("one has made way for the other", || {
        assert!(engine.resident().len() < 2, "both are in memory");
        ready(&engine, TWIN).is_some() && is_over(SMOLLM) || ready(&engine, SMOLLM).is_some() && is_over(TWIN)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_model_at_work_nor_a_pinned_one_makes_room() {
    let engine = with_room_for(1);
    let mut stream = engine.chat(ask_long());
    until_text(&mut stream).await;
    let error = answer(&engine, of(TWIN, ask("Hi", 4))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::OutOfMemory);
    assert!(
        error.detail.contains("MB of memory") && error.detail.contains("MB are free"),
        "{}",
        error.detail
    );
    assert_eq!(engine.residency(TWIN), Residency::Failed(error.clone()));
    drop(stream);
    engine.pin(SMOLLM);
    eventually("it is idle", || ready(&engine, SMOLLM).is_some_and(|ready| ready.requests == 0)).await;
    assert_eq!(answer(&engine, of(TWIN, ask("Hi", 4))).await.unwrap_err().code, ErrorCode::OutOfMemory);
    engine.unpin(SMOLLM);
    assert!(answer(&engine, of(TWIN, ask("Hi", 4))).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_model_outlives_its_idle_time_and_goes_when_it_is_unpinned() {
    let mut setup = Setup::with(SMOLLM);
    setup.limits.idle = Duration::from_secs(1);
    let engine = setup.start();
    engine.pin(SMOLLM);
    assert_eq!(loaded(&engine, SMOLLM).await.idle_left, None);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(ready(&engine, SMOLLM).is_some());
    engine.unpin(SMOLLM);
    eventually("the model is unloaded", || engine.residency(SMOLLM) == Residency::Absent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_model_comes_back_after_a_crash_without_being_asked() {
    let engine = smollm();
    engine.pin(SMOLLM);
    loaded(&engine, SMOLLM).await;
    let first = worker_process(&engine);
    kill_process(first, Signal::KILL).unwrap();
    eventually("another worker has it", || {
        engine
            .resident()
            .first()
            .is_some_and(|model| model.process != u32::try_from(first.as_raw_nonzero().get()).ok())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_on_while_another_model_loads() {
    let mut setup = Setup::with(SMOLLM);
    setup.files.insert(QWEN.to_owned(), model_file(QWEN));
    let engine = setup.start();
    let mut stream = engine.chat(ask_long());
    until_text(&mut stream).await;
    engine.load(QWEN);
    let mut pieces = 0;
    while engine.residency(QWEN) == Residency::Loading {
        until_text(&mut stream).await;
        pieces += 1;
    }
    assert!(pieces > 3, "{pieces} pieces while the other was loading");
    assert!(ready(&engine, QWEN).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_be_loaded_says_why_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, b"no model").unwrap();
    let engine = Setup::file(SMOLLM, path.clone()).start();
    engine.load(SMOLLM);
    let failed = || match engine.residency(SMOLLM) {
        Residency::Failed(error) => Some(error.code),
        _ => None,
    };
    eventually("it has failed", || failed() == Some(ErrorCode::ModelCorrupt)).await;
    std::fs::copy(model_file(SMOLLM), &path).unwrap();
    loaded(&engine, SMOLLM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_called_off_by_an_unload() {
    let engine = smollm();
    engine.load(SMOLLM);
    engine.unload(SMOLLM);
    eventually("it is gone", || engine.residency(SMOLLM) == Residency::Absent).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(engine.residency(SMOLLM), Residency::Absent);
}
