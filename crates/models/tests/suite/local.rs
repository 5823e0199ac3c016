//! Files that are on this machine already, and disks that are full.

use std::os::unix::fs::MetadataExt;

use catalog::Source;
use models::PullError;

use crate::bench::{Bench, https, reasons, sha256, toy, weights};
use crate::server::{Reply, Server};

const MARGIN: u64 = 64 << 20;

#[tokio::test]
async fn a_cached_file_is_linked_and_nothing_is_fetched() {
    let contents = weights(100_000);
    for name in [sha256(&contents), "toy.gguf".to_owned(), "toy/toy.gguf".to_owned()] {
        let mut bench = Bench::new();
        let cache = bench.folder.path().join("cache");
        let cached = cache.join(&name);
        std::fs::create_dir_all(cached.parent().unwrap()).unwrap();
        std::fs::write(&cached, &contents).unwrap();
        bench.caches = vec!["/no/such/cache".into(), cache];
        let spec = toy(&contents, Vec::new());
        let installed = bench.installer().pull(&spec).done().await.unwrap();
        assert_eq!(installed.source, "cache", "{name}");
        assert_eq!(std::fs::metadata(bench.file()).unwrap().nlink(), 2);
        assert_eq!(bench.store().path(&spec), Some(bench.file()));
    }
}

#[tokio::test]
async fn a_cached_file_with_other_contents_is_passed_over() {
    let contents = weights(100_000);
    let mut bench = Bench::new();
    let cache = bench.folder.path().join("cache");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(cache.join("toy.gguf"), vec![0; 100_000]).unwrap();
    bench.caches = vec![cache.clone()];
    let body = contents.clone();
    let server = Server::start(move |_, _| Reply::whole(&body)).await;
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let installed = bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(installed.source, server.url("toy"));
    assert_eq!(bench.names(), ["model.json", "toy.gguf"]);
    assert!(cache.join("toy.gguf").exists());
}

#[tokio::test]
async fn a_local_file_is_copied_when_it_is_the_right_one() {
    let contents = weights(100_000);
    let bench = Bench::new();
    let path = |name: &str| bench.folder.path().join(name);
    std::fs::write(path("short"), &contents[1..]).unwrap();
    std::fs::write(path("other"), vec![0; 100_000]).unwrap();
    std::fs::write(path("right"), &contents).unwrap();
    let sources = |names: &[&str]| -> Vec<Source> {
        let text = |name: &&str| path(name).to_str().unwrap().to_owned();
        names.iter().map(|name| Source::File { path: text(name) }).collect()
    };
    let wrong = toy(&contents, sources(&["missing", "short", "other"]));
    let reasons = reasons(bench.installer().pull(&wrong).done().await.unwrap_err());
    assert!(reasons[0].starts_with("the file cannot be read: No such file"), "{reasons:?}");
    assert_eq!(reasons[1], "the file has 99999 bytes, expected 100000");
    assert!(reasons[2].starts_with("the contents are wrong"), "{reasons:?}");

    let spec = toy(&contents, sources(&["other", "right"]));
    let installed = bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(installed.source, format!("file:{}", path("right").display()));
    assert_eq!(std::fs::metadata(bench.file()).unwrap().nlink(), 1);
}

#[tokio::test]
async fn a_disk_that_is_too_small_is_told_with_both_numbers_before_anything_is_fetched() {
    let contents = weights(1_000);
    let server = Server::start(|_, _| Reply::status(500)).await;
    let mut bench = Bench::new();
    bench.disk_with(MARGIN + 999);
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let error = bench.installer().pull(&spec).done().await.unwrap_err();
    assert_eq!(error, PullError::DiskFull { needed: MARGIN + 1_000, available: MARGIN + 999 });
    assert_eq!(error.code(), wire::ErrorCode::DiskFull);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn only_what_is_missing_must_fit() {
    let contents = weights(1 << 20);
    let body = contents.clone();
    let server = Server::start(move |request, nth| match nth {
        0 => Reply::ranged(&body, "\"a\"", request).cut_at(1_000_000),
        1 => Reply::status(404),
        _ => Reply::ranged(&body, "\"a\"", request),
    })
    .await;
    let mut bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    bench.installer().pull(&spec).done().await.unwrap_err();
    bench.disk_with(MARGIN + 48_576);
    bench.installer().pull(&spec).done().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_a_clear_error() {
    let bench = Bench::new();
    std::fs::write(bench.dir(), "a file where the folder should be").unwrap();
    let error = bench.installer().pull(&toy(&weights(10), Vec::new())).done().await.unwrap_err();
    assert!(matches!(&error, PullError::Folder(text) if text.contains("Not a directory")), "{error:?}");
}
