//! The fastest way of computing is found out once, and never in anybody's way.

use engine::Engine;

use crate::support::{SMOLLM, Setup, answer, ask, eventually};

async fn warm(engine: &Engine) {
    answer(engine, ask("Hi", 2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_found_out_in_idle_time_and_used_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calibration.json");
    let start = || Setup::with(SMOLLM).cache(folder.path()).calibration(file.clone()).start();
    let engine = start();
    warm(&engine).await;
    let process = || engine.resident().first().and_then(|model| model.process);
    let first = process();
    eventually("it is found out", || file.exists()).await;
    eventually("it is used", || process().is_some_and(|now| Some(now) != first)).await;
    warm(&engine).await;
    let found = std::fs::read_to_string(&file).unwrap();
    assert!(found.contains("flash_attention") && found.contains(SMOLLM), "{found}");
    engine.shut_down().await;

    // A finding that no machine would make shows that it is used and not made again.
    std::fs::write(&file, found.replace("\"threads\": 2", "\"threads\": 1")).unwrap();
    let engine = start();
    warm(&engine).await;
    if found.contains("\"threads\": 2") {
        assert_eq!(engine.resident()[0].threads, 1);
    }
    warm(&engine).await;
    assert!(!std::fs::read_to_string(&file).unwrap().contains("\"threads\": 2"));
}
