//! Thousands at once: served or asked to wait, never a mistake of ours.

use std::collections::BTreeMap;

use testkit::{Script, TestApp};

async fn count(statuses: impl IntoIterator<Item = impl Future<Output = u16>>) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for status in futures_util::future::join_all(statuses).await {
        *counts.entry(status).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_thousand_lists_at_once() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    for _ in 0..5 {
        lin.open_thread("ask").await;
    }
    let counts = count((0..2_000).map(|_| {
        let lin = lin.clone();
        async move { tokio::spawn(async move { lin.get("/api/v1/threads").await.status }).await.unwrap() }
    }))
    .await;
    assert!(counts.keys().all(|status| matches!(status, 200 | 429 | 503)), "{counts:?}");
    assert!(counts.contains_key(&200), "{counts:?}");
    lin.get("/api/v1/threads").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_questions_at_once() {
    let app = TestApp::build().most_live_runs(64).start().await;
    let lin = app.owner().await;
    app.model.always(Script::says(["a", "b", "c"]));
    let thread = lin.open_thread("ask").await;
    let path = format!("/api/v1/threads/{thread}/runs");
    let counts = count((0..500).map(|_| {
        let (mut lin, path) = (lin.clone(), path.clone());
        async move {
            let wish = lin.question(None, "hello");
            let answer = lin.post(&path, wish).await;
            if answer.status == 202 {
                assert_eq!(lin.finished(&answer.json()).await["state"], "succeeded");
            }
            answer.status
        }
    }))
    .await;
    assert!(counts.keys().all(|status| matches!(status, 202 | 429 | 503)), "{counts:?}");
    let asked = app.model.requests().len();
    assert_eq!(counts.get(&202), Some(&asked));
    assert_eq!(app.app.live_run_count(), 0);
}
