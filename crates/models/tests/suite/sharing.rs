//! Several pulls of one model at once.

use models::{ModelState, Phase, PullError};

use crate::bench::{Bench, https, toy, until, weights};
use crate::server::{Reply, Server};

const MIB: usize = 1 << 20;

#[tokio::test]
async fn two_pulls_in_one_process_are_one() {
    let contents = weights(MIB);
    let body = contents.clone();
    let server = Server::start(move |_, _| Reply::whole(&body)).await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let installer = bench.installer();
    let (first, second) = (installer.pull(&spec), installer.clone().pull(&spec));
    assert_eq!(first.done().await.unwrap(), second.done().await.unwrap());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_second_process_waits_shows_the_progress_and_finds_the_model_installed() {
    let contents = weights(2 * MIB);
    let body = contents.clone();
    let server = Server::start(move |request, nth| {
        let reply = Reply::ranged(&body, "\"a\"", request);
        if nth == 0 { reply.cut_at(MIB).then_silence() } else { reply }
    })
    .await;
    let mut bench = Bench::new();
    // Long enough for the second to look at the first in the middle of its work.
    bench.options.retry.idle = std::time::Duration::from_secs(2);
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let first = bench.installer().pull(&spec);
    until(&first, |progress| progress.done_bytes == 1 << 20).await;
    let second = bench.installer().pull(&spec);
    let seen = until(&second, |progress| progress.phase == Phase::Waiting && progress.done_bytes > 0).await;
    assert!(seen.done_bytes <= 1 << 20, "{seen:?}");
    assert_eq!(second.done().await.unwrap(), first.done().await.unwrap());
    assert_eq!(server.ranges(), [None, Some(format!("bytes={MIB}-"))]);
}

#[tokio::test]
async fn a_waiting_pull_can_be_cancelled_alone() {
    let contents = weights(1_000);
    let body = contents.clone();
    let server = Server::start(move |_, _| Reply::whole(&body).cut_at(10).then_silence()).await;
    let mut bench = Bench::new();
    bench.options.retry.idle = std::time::Duration::from_secs(60);
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let (one, other) = (bench.installer(), bench.installer());
    let first = one.pull(&spec);
    until(&first, |progress| progress.done_bytes == 10).await;
    let second = other.pull(&spec);
    until(&second, |progress| progress.phase == Phase::Waiting).await;
    second.cancel();
    assert_eq!(second.done().await, Err(PullError::Cancelled));
    assert!(matches!(one.state(&spec), ModelState::Pulling(_)));
    first.cancel();
    assert_eq!(first.done().await, Err(PullError::Cancelled));
}

#[tokio::test]
async fn a_pull_right_after_a_cancelled_one_is_a_new_one() {
    let contents = weights(1_000);
    let body = contents.clone();
    let server = Server::start(move |request, nth| {
        let reply = Reply::ranged(&body, "\"a\"", request);
        if nth == 0 { reply.cut_at(10).then_silence() } else { reply }
    })
    .await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let installer = bench.installer();
    let first = installer.pull(&spec);
    until(&first, |progress| progress.done_bytes == 10).await;
    first.cancel();
    let second = installer.pull(&spec);
    assert_eq!(first.done().await, Err(PullError::Cancelled));
    second.done().await.unwrap();
    assert!(matches!(installer.state(&spec), ModelState::Installed(_)));
}
