//! Fetching from web servers, good ones and bad ones.

use catalog::Source;
use models::{Installer, ModelState, PullError};

use crate::bench::{Bench, https, reasons, sha256, toy, until, weights};
use crate::server::{Reply, Server};

const MIB: usize = 1 << 20;

fn bytes(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

#[tokio::test]
async fn a_model_from_a_hub_is_installed_whole() {
    let contents = weights(2 * MIB + 17);
    let body = contents.clone();
    let server = Server::start(move |request, _| Reply::ranged(&body, "\"a\"", request)).await;
    let mut bench = Bench::new();
    bench.options.hf_endpoint = server.url("hub/");
    let source = Source::Hf { repo: "toys/toy".to_owned(), file: "q4/toy.gguf".to_owned() };
    let spec = toy(&contents, vec![source]);
    let installer = bench.installer();
    assert_eq!(installer.state(&spec), ModelState::Absent);

    let pull = installer.pull(&spec);
    let installed = pull.done().await.unwrap();

    assert_eq!(installed.source, "hf:toys/toy/q4/toy.gguf");
    assert_eq!(installed.sha256, sha256(&contents));
    assert_eq!(server.requests()[0].path, "/hub/toys/toy/resolve/main/q4/toy.gguf");
    assert_eq!(std::fs::read(bench.file()).unwrap(), contents);
    assert_eq!(bench.names(), ["model.json", "toy.gguf"]);
    assert_eq!(installer.state(&spec), ModelState::Installed(installed.clone()));
    assert_eq!(bench.store().installed(&spec), Some(installed));
    let last = pull.progress().borrow().clone();
    assert_eq!((last.done_bytes, last.total_bytes), (spec.bytes, spec.bytes));
}

#[tokio::test]
async fn a_broken_connection_goes_on_where_it_broke() {
    let contents = weights(3 * MIB);
    let body = contents.clone();
    let server = Server::start(move |request, nth| {
        let reply = Reply::ranged(&body, "\"a\"", request);
        if nth == 0 { reply.cut_at(MIB) } else { reply }
    })
    .await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(server.ranges(), [None, Some(format!("bytes={MIB}-"))]);
    assert_eq!(server.requests()[1].header("if-range"), Some("\"a\""));
    assert_eq!(std::fs::read(bench.file()).unwrap(), contents);
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_given_up_and_resumed() {
    let contents = weights(2 * MIB);
    let body = contents.clone();
    let server = Server::start(move |request, nth| {
        let reply = Reply::ranged(&body, "\"a\"", request);
        if nth == 0 { reply.cut_at(MIB).then_silence() } else { reply }
    })
    .await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(server.ranges(), [None, Some(format!("bytes={MIB}-"))]);
}

#[tokio::test]
async fn a_server_without_ranges_begins_anew() {
    let contents = weights(2 * MIB);
    let body = contents.clone();
    let server = Server::start(move |_, nth| {
        let reply = Reply::whole(&body);
        if nth == 0 { reply.cut_at(MIB) } else { reply }
    })
    .await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(server.ranges(), [None, Some(format!("bytes={MIB}-"))]);
    assert_eq!(std::fs::read(bench.file()).unwrap(), contents);
}

#[tokio::test]
async fn a_file_that_changed_in_between_is_fetched_anew() {
    // One server honours If-Range, the other sends the rest of the new file and only its tag tells.
    for honest in [true, false] {
        let (old, new) = (vec![1; 2 * MIB], weights(2 * MIB));
        let contents = new.clone();
        let server = Server::start(move |request, nth| {
            if nth == 0 {
                return Reply::ranged(&old, "\"old\"", request).cut_at(MIB);
            }
            let mut request = request.clone();
            if !honest {
                request.headers.remove("if-range");
            }
            Reply::ranged(&new, "\"new\"", &request)
        })
        .await;
        let bench = Bench::new();
        let spec = toy(&contents, vec![https(server.url("toy"))]);
        bench.installer().pull(&spec).done().await.unwrap();
        let mut expected = vec![None, Some(format!("bytes={MIB}-"))];
        if !honest {
            expected.push(None);
        }
        assert_eq!(server.ranges(), expected);
        assert_eq!(std::fs::read(bench.file()).unwrap(), contents);
    }
}

#[tokio::test]
async fn a_server_that_always_breaks_off_is_given_up_and_what_came_is_kept() {
    let contents = weights(2 * MIB);
    let body = contents.clone();
    let server = Server::start(move |request, nth| {
        let reply = Reply::ranged(&body, "\"a\"", request);
        reply.cut_at(if nth == 0 { MIB } else { 0 })
    })
    .await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let error = bench.installer().pull(&spec).done().await.unwrap_err();
    assert_eq!(error.code(), wire::ErrorCode::DownloadFailed);
    assert_eq!(reasons(error).len(), 1);
    assert_eq!(bench.part_len(), bytes(MIB));
}

#[tokio::test]
async fn wrong_contents_are_never_installed() {
    let contents = weights(MIB);
    let mut body = contents.clone();
    body[500] ^= 1;
    let server = Server::start(move |_, _| Reply::whole(&body)).await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let installer = bench.installer();
    let error = installer.pull(&spec).done().await.unwrap_err();
    assert_eq!(installer.state(&spec), ModelState::Failed(error.clone()));
    let reason = &reasons(error)[0];
    assert!(reason.starts_with("the contents are wrong and were thrown away: SHA-256 "), "{reason}");
    assert!(reason.ends_with(&format!("expected {}", spec.sha256)), "{reason}");
    assert_eq!(bench.part_len(), 0);
    assert!(!bench.file().exists());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_good_source_survives_what_a_bad_one_left() {
    let contents = weights(2 * MIB);
    let bad = Server::start(|_, nth| match nth {
        0 => Reply::whole(&vec![9; 2 * MIB]).cut_at(MIB),
        _ => Reply::status(404),
    })
    .await;
    let body = contents.clone();
    let good = Server::start(move |request, _| Reply::ranged(&body, "\"a\"", request)).await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(bad.url("toy")), https(good.url("toy"))]);
    let installed = bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(installed.source, good.url("toy"));
    assert_eq!(good.ranges(), [Some(format!("bytes={MIB}-")), None]);
    assert_eq!(good.requests()[0].header("if-range"), None);
    assert_eq!(std::fs::read(bench.file()).unwrap(), contents);
}

#[tokio::test]
async fn every_source_that_failed_is_reported_with_its_reason() {
    let contents = weights(1_000);
    let server = Server::start(|request, _| match request.path.as_str() {
        "/gone" => Reply::status(404),
        "/busy" => Reply::status(503),
        "/short" => Reply::whole(&[0; 999]),
        "/long" => Reply::without_length(&[0; 1_001]),
        "/lies" => Reply::status(206),
        _ => Reply::redirect("/loop"),
    })
    .await;
    let bench = Bench::new();
    let paths = ["gone", "busy", "short", "long", "lies", "loop"];
    let mut sources: Vec<_> = paths.iter().map(|path| https(server.url(path))).collect();
    sources.push(https("http://example.org/plain".to_owned()));
    sources.push(https("http://127.0.0.1:1/nobody".to_owned()));
    let error = bench.installer().pull(&toy(&contents, sources)).done().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("no source had the file; {}: the server answered 404", server.url("gone")))
    );
    let reasons = reasons(error);
    assert_eq!(
        reasons[..7],
        [
            "the server answered 404 Not Found",
            "the server answered 503 Service Unavailable",
            "the file has 999 bytes there, expected 1000",
            "the server sends more than the file has",
            "the server sent a part without saying which",
            "more than 5 redirects",
            "only https is allowed, not http",
        ]
    );
    assert!(reasons[7].contains("onnection refused"), "{}", reasons[7]);
    let count = |path: &str| server.requests().iter().filter(|request| request.path == path).count();
    assert_eq!((count("/gone"), count("/busy"), count("/loop")), (1, 3, 6));
}

#[tokio::test]
async fn the_next_source_is_tried_after_a_404() {
    let contents = weights(MIB);
    let body = contents.clone();
    let server = Server::start(move |request, _| match request.path.as_str() {
        "/here" => Reply::whole(&body),
        _ => Reply::status(404),
    })
    .await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("missing")), https(server.url("here?key=secret"))]);
    let error = bench.installer().pull(&spec).done().await.unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    let spec = toy(&contents, vec![https(server.url("missing")), https(server.url("here"))]);
    assert_eq!(bench.installer().pull(&spec).done().await.unwrap().source, server.url("here"));
}

#[tokio::test]
async fn redirects_are_followed_on_this_machine_and_never_into_a_private_network() {
    let contents = weights(MIB);
    let body = contents.clone();
    let server = Server::start(move |request, _| match request.path.as_str() {
        "/good" => Reply::redirect("good/2"),
        "/good/2" => Reply::ranged(&body, "\"a\"", request),
        "/lan" => Reply::redirect("https://10.0.0.1/toy"),
        "/cloud" => Reply::redirect("http://169.254.169.254/latest/meta-data/"),
        _ => Reply::redirect("https://[fd00::1]/toy"),
    })
    .await;
    let bench = Bench::new();
    let bad = ["lan", "cloud", "v6"].map(|path| https(server.url(path))).to_vec();
    let error = bench.installer().pull(&toy(&contents, bad)).done().await.unwrap_err();
    assert_eq!(
        reasons(error),
        [
            "a redirect to the private address 10.0.0.1 was refused",
            "a redirect to http: only https is allowed",
            "a redirect to the private address fd00::1 was refused",
        ]
    );
    let spec = toy(&contents, vec![https(server.url("good"))]);
    bench.installer().pull(&spec).done().await.unwrap();
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let contents = weights(1_000);
    let body = contents.clone();
    let server = Server::start(move |_, nth| match nth {
        0 => Reply::status(429).with("retry-after", "3600"),
        1 => Reply::status(500),
        _ => Reply::whole(&body),
    })
    .await;
    let bench = Bench::new();
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn cancel_keeps_what_came_and_the_next_pull_goes_on_from_there() {
    let contents = weights(2 * MIB);
    let body = contents.clone();
    let server = Server::start(move |request, nth| {
        let reply = Reply::ranged(&body, "\"a\"", request);
        if nth == 0 { reply.cut_at(MIB + 5).then_silence() } else { reply }
    })
    .await;
    let mut bench = Bench::new();
    bench.options.retry.idle = std::time::Duration::from_secs(60);
    let spec = toy(&contents, vec![https(server.url("toy"))]);
    let installer = bench.installer();
    let pull = installer.pull(&spec);
    until(&pull, |progress| progress.done_bytes == bytes(MIB + 5)).await;
    assert!(matches!(installer.state(&spec), ModelState::Pulling(_)));

    assert!(installer.cancel("toy"));
    assert_eq!(pull.done().await, Err(PullError::Cancelled));
    assert_eq!(installer.state(&spec), ModelState::Absent);
    assert!(!installer.cancel("toy"));
    assert_eq!(bench.part_len(), bytes(MIB + 5));

    installer.pull(&spec).done().await.unwrap();
    assert_eq!(server.ranges(), [None, Some(format!("bytes={}-", MIB + 5))]);
    assert_eq!(std::fs::read(bench.file()).unwrap(), contents);
}

#[tokio::test]
async fn a_killed_process_leaves_a_part_that_the_next_one_goes_on_with() {
    let contents = weights(3 * MIB);
    let body = contents.clone();
    let server = Server::start(move |request, nth| {
        let reply = Reply::ranged(&body, "\"a\"", request);
        if nth == 0 { reply.cut_at(2 * MIB).then_silence() } else { reply }
    })
    .await;
    let mut bench = Bench::new();
    bench.options.retry.idle = std::time::Duration::from_secs(60);
    let spec = toy(&contents, vec![https(server.url("toy"))]);

    // A runtime that is thrown away drops its tasks wherever they stand, as a kill would.
    let (installer, victim) = (bench.installer(), spec.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let pull = runtime.block_on_elsewhere(installer, victim);
    until(&pull, |progress| progress.done_bytes == bytes(2 * MIB)).await;
    // What is being written just then is written before anybody looks at the file: a process that is gone writes no more.
    let end = move || runtime.shutdown_timeout(std::time::Duration::from_secs(60));
    tokio::task::spawn_blocking(end).await.unwrap();
    pull.done().await.unwrap_err();
    let kept = bench.part_len();
    assert!(kept >= bytes(MIB), "{kept}");

    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(server.ranges(), [None, Some(format!("bytes={kept}-"))]);
    assert_eq!(std::fs::read(bench.file()).unwrap(), contents);
}

/// Begins a pull on a runtime that is not the test's.
trait Elsewhere {
    fn block_on_elsewhere(&self, installer: Installer, spec: catalog::ModelSpec) -> models::Pull;
}

impl Elsewhere for tokio::runtime::Runtime {
    fn block_on_elsewhere(&self, installer: Installer, spec: catalog::ModelSpec) -> models::Pull {
        let _entered = self.enter();
        installer.pull(&spec)
    }
}

#[tokio::test]
async fn a_part_for_another_version_of_the_model_is_of_no_use() {
    let (old, new) = (weights(2 * MIB), vec![3; 2 * MIB]);
    let (first, second) = (old.clone(), new.clone());
    let server = Server::start(move |request, nth| match nth {
        0 => Reply::ranged(&first, "\"a\"", request).cut_at(MIB),
        1..=3 => Reply::status(404),
        _ => Reply::ranged(&second, "\"b\"", request),
    })
    .await;
    let bench = Bench::new();
    let source = || vec![https(server.url("toy"))];
    bench.installer().pull(&toy(&old, source())).done().await.unwrap_err();
    assert_eq!(bench.part_len(), bytes(MIB));
    let spec = toy(&new, [source(), source(), source()].concat());
    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(server.ranges().last(), Some(&None));
}
