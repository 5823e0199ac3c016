//! What is installed, and whether it still is.

use std::fs::{self, File};
use std::time::{Duration, UNIX_EPOCH};

use catalog::ModelSpec;
use models::{ModelState, StoreError};

use crate::bench::{Bench, https, toy, until, weights};
use crate::server::{Reply, Server};

/// A bench with the toy installed from a cache.
async fn installed(contents: &[u8]) -> (Bench, ModelSpec) {
    let mut bench = Bench::new();
    let cache = bench.folder.path().join("cache");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("toy.gguf"), contents).unwrap();
    bench.caches = vec![cache.clone()];
    let spec = toy(contents, Vec::new());
    bench.installer().pull(&spec).done().await.unwrap();
    fs::remove_dir_all(cache).unwrap();
    (bench, spec)
}

/// Overwrites a byte in place; gives back the old time of modification when asked to.
fn damage(bench: &Bench, keep_time: bool) {
    let time = fs::metadata(bench.file()).unwrap().modified().unwrap();
    let mut bytes = fs::read(bench.file()).unwrap();
    bytes[5] ^= 1;
    fs::write(bench.file(), bytes).unwrap();
    let time = if keep_time { time } else { UNIX_EPOCH + Duration::from_secs(5) };
    File::options().write(true).open(bench.file()).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn an_installed_model_is_listed_and_verified() {
    let (bench, spec) = installed(&weights(5_000)).await;
    let store = bench.store();
    let record = store.installed(&spec).unwrap();
    assert_eq!(store.list(), std::slice::from_ref(&record));
    let mut read = 0;
    assert_eq!(store.verify(&spec, |position| read = position).unwrap(), record);
    assert_eq!(read, 5_000);
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(bench.dir().join("toy/model.json")).unwrap()).unwrap();
    assert_eq!((&json["id"], &json["installed_at"]), (&"toy".into(), &"2026-11-22T08:00:00Z".into()));
}

#[tokio::test]
async fn a_damaged_file_is_moved_aside_with_a_clear_message() {
    let (bench, spec) = installed(&weights(5_000)).await;
    damage(&bench, true);
    let store = bench.store();
    assert!(store.installed(&spec).is_some(), "the cheap check does not read the file");
    let error = store.verify(&spec, |_| ()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the file of toy is damaged (SHA-256 "), "{text}");
    assert!(text.ends_with("it was moved to toy.gguf.corrupt-1795334400"), "{text}");
    assert_eq!(bench.names(), ["toy.gguf.corrupt-1795334400"]);
    assert_eq!(store.installed(&spec), None);
    assert!(matches!(store.verify(&spec, |_| ()), Err(StoreError::NotInstalled { .. })));
}

#[tokio::test]
async fn a_touched_file_is_hashed_again_and_kept_when_it_is_right() {
    let (bench, spec) = installed(&weights(5_000)).await;
    assert!(!bench.store().has_changed(&spec));
    let time = UNIX_EPOCH + Duration::from_secs(5);
    File::options().write(true).open(bench.file()).unwrap().set_modified(time).unwrap();
    assert_eq!(bench.store().installed(&spec), None);
    assert!(bench.store().has_changed(&spec));
    assert_eq!(bench.store().list(), []);
    let record = bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(record.source, "found in place");
    assert_eq!(bench.store().installed(&spec), Some(record));
}

#[tokio::test]
async fn a_touched_file_that_is_wrong_is_moved_aside_and_fetched_again() {
    let contents = weights(5_000);
    let (bench, mut spec) = installed(&contents).await;
    damage(&bench, false);
    let server = Server::start(move |_, _| Reply::whole(&contents)).await;
    spec.sources = vec![https(server.url("toy"))];
    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(bench.names(), ["model.json", "toy.gguf", "toy.gguf.corrupt-1795334400"]);
}

#[tokio::test]
async fn only_the_latest_damaged_file_is_kept() {
    let contents = weights(5_000);
    let (bench, mut spec) = installed(&contents).await;
    let server = Server::start(move |_, _| Reply::whole(&contents)).await;
    spec.sources = vec![https(server.url("toy"))];
    for _ in 0..2 {
        damage(&bench, true);
        bench.store().verify(&spec, |_| ()).unwrap_err();
        bench.clock.advance(Duration::from_secs(60));
        bench.installer().pull(&spec).done().await.unwrap();
    }
    assert_eq!(bench.names(), ["model.json", "toy.gguf", "toy.gguf.corrupt-1795334460"]);
}

#[tokio::test]
async fn a_new_hash_in_the_catalogue_makes_the_old_file_absent() {
    let (bench, spec) = installed(&weights(5_000)).await;
    let newer = toy(&[1; 5_000], Vec::new());
    assert_eq!(bench.installer().state(&newer), ModelState::Absent);
    assert!(matches!(bench.installer().state(&spec), ModelState::Installed(_)));
}

#[tokio::test]
async fn a_record_without_a_whole_file_is_not_believed() {
    let (bench, spec) = installed(&weights(5_000)).await;
    File::options().write(true).open(bench.file()).unwrap().set_len(4_999).unwrap();
    assert_eq!(bench.store().installed(&spec), None);
    fs::remove_file(bench.file()).unwrap();
    assert_eq!(bench.store().installed(&spec), None);
    fs::write(bench.dir().join("toy/model.json"), "{").unwrap();
    assert_eq!(bench.store().list(), []);
}

#[tokio::test]
async fn removing_takes_everything_and_only_of_this_model() {
    let (bench, spec) = installed(&weights(5_000)).await;
    fs::write(bench.dir().join("toy/toy.gguf.part"), "rest").unwrap();
    fs::create_dir_all(bench.folder.path().join("precious")).unwrap();
    let store = bench.store();
    for bad in ["../precious", "..", ".", "", "other", ".locks", "toy/.."] {
        assert!(matches!(store.remove(bad), Err(StoreError::NotInstalled { .. })), "{bad}");
    }
    store.remove("toy").unwrap();
    assert!(!bench.dir().join("toy").exists());
    assert!(bench.folder.path().join("precious").exists());
    assert_eq!(store.installed(&spec), None);
}

#[tokio::test]
async fn a_model_that_is_being_fetched_is_left_alone() {
    let body = weights(1_000);
    let contents = body.clone();
    let server = Server::start(move |_, _| Reply::whole(&body).cut_at(10).then_silence()).await;
    let mut bench = Bench::new();
    bench.options.retry.idle = Duration::from_secs(60);
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let pull = bench.installer().pull(&spec);
    until(&pull, |progress| progress.done_bytes == 10).await;
    assert!(matches!(bench.store().remove("toy"), Err(StoreError::Busy { .. })));
    assert!(matches!(bench.store().verify(&spec, |_| ()), Err(StoreError::Busy { .. })));
    pull.cancel();
    pull.done().await.unwrap_err();
    bench.store().remove("toy").unwrap();
}
