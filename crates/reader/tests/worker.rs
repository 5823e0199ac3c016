//! A real worker reads real documents, and those that bring it down bring down nothing else.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use reader::{Grant, Reader, ReaderCommand, ReaderError};
use reading::{FileKind, Limits, ReadError};

fn command() -> ReaderCommand {
    ReaderCommand { program: env!("CARGO_BIN_EXE_hutong-reading-worker").into(), args: Vec::new() }
}

fn reader(grant: Grant) -> Reader {
    Reader::new(command(), grant, 2)
}

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reading/tests/files");
    std::fs::read(folder.join(name)).unwrap()
}

#[tokio::test]
async fn a_worker_reads_as_the_library_does() {
    let reader = reader(Grant::default());
    for name in ["annual.docx", "plans.pptx", "sales.xlsx", "lane.epub", "predefined.pdf", "noto.pdf"] {
        let bytes = file(name);
        let limits = Limits::default();
        assert_eq!(
            reader.read(&bytes, &limits).await.unwrap(),
            reading::read(&bytes, &limits).unwrap(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_the_library_refuses_the_worker_refuses() {
    let reader = reader(Grant::default());
    let refused = |error| match error {
        ReaderError::Refused(refused) => refused,
        other => panic!("{other:?}"),
    };
    let limits = Limits::default();
    assert_eq!(refused(reader.read(b"", &limits).await.unwrap_err()), ReadError::Empty);
    let locked = reader.read(&file("locked.pdf"), &limits).await.unwrap_err();
    assert_eq!(refused(locked), ReadError::Encrypted { kind: FileKind::Pdf });
    let small = Limits { bytes: 10, ..limits };
    let long = reader.read(&vec![b'x'; 3 << 20], &small).await.unwrap_err();
    assert!(
        matches!(refused(long), ReadError::TooLarge { limit: 10, .. }),
        "the worker takes no more than it needs"
    );
}

/// A file that takes more memory than there is.
#[tokio::test]
async fn a_file_that_is_too_much_for_the_memory_costs_its_own_answer() {
    let reader = reader(Grant { memory: 48 << 20, ..Grant::default() });
    let text = "Words and more words. ".repeat(1 << 20);
    let error = reader.read(text.as_bytes(), &Limits::default()).await.unwrap_err();
    assert!(matches!(error, ReaderError::BroughtDown { .. }), "{error:?}");
    assert!(error.to_string().contains("48 MiB"), "{error}");
    assert_eq!(reader.read(b"Still here.", &Limits::default()).await.unwrap().text(), "Still here.");
}

/// Elements in elements in elements, each closed by the next: the reader walks through all of them for each.
#[tokio::test]
async fn a_file_that_takes_too_long_is_given_up() {
    let reader = reader(Grant { seconds: 1, ..Grant::default() });
    let lists = "<ul><li>".repeat(450);
    let page = format!("<html>{lists}{}", "<dd><b>x</b><p>y".repeat(2_000_000));
    let limits = Limits { depth: 100_000_000, ..Limits::default() };
    let error = reader.read(page.as_bytes(), &limits).await.unwrap_err();
    assert!(matches!(error, ReaderError::TookTooLong { .. }), "{error:?}");
}

#[tokio::test]
async fn a_program_that_is_none_or_talks_nonsense_is_our_fault() {
    for (program, args) in [("/no/such/program", vec![]), ("/bin/echo", vec!["hello".into()])] {
        let reader = Reader::new(ReaderCommand { program: program.into(), args }, Grant::default(), 1);
        let error = reader.read(b"text", &Limits::default()).await.unwrap_err();
        assert!(matches!(error, ReaderError::NoWorker(_)), "{error:?}");
    }
}

#[test]
fn a_task_that_nobody_understands_ends_the_worker() {
    let mut child = Command::new(command().program)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"read this\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}
