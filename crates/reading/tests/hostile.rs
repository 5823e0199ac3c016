//! Documents that are broken in thousands of ways: each is read or refused, and none brings the reader down.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use hostile::mutants;
use proptest::prelude::*;
use reading::{Limits, read};

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn limits() -> Limits {
    Limits { unpacked: 4 << 20, characters: 100_000, rows: 10_000, ..Limits::default() }
}

/// What comes of a file is whole: nothing blank, and spans that slice back.
fn check(bytes: &[u8]) {
    if let Ok(document) = read(bytes, &limits()) {
        let text = document.text();
        for block in document.blocks {
            assert!(!block.text.trim().is_empty());
            assert_eq!(block.span.of(&text), block.text);
        }
    }
}

#[test]
fn broken_office_documents_are_read_or_refused() {
    let samples = ["annual.docx", "plans.pptx", "sales.xlsx", "lane.epub"].map(sample);
    mutants(&samples, 400, check);
}

#[test]
fn broken_pdfs_are_read_or_refused() {
    let samples = ["predefined.pdf", "noto.pdf", "scanned.pdf", "locked.pdf"].map(sample);
    mutants(&samples, 300, check);
}

#[test]
fn broken_text_of_all_kinds_is_read_or_refused() {
    let samples = [
        b"<html><body><p hidden>a<ul><li>b<table><tr><td>c</td><pre>d</body></html>".to_vec(),
        "# 题\n\n- 甲\n  - 乙\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx\n```\n".as_bytes().to_vec(),
        "名,城\n王,\"北京\"\n".as_bytes().to_vec(),
        "第一章 雨\n\n　　文。\nLine.\n".as_bytes().to_vec(),
    ];
    mutants(&samples, 5_000, check);
}

/// The parts of office documents themselves, broken before they are packed.
#[test]
fn broken_xml_in_sound_archives_is_read_or_refused() {
    use std::io::{Cursor, Read as _, Write as _};
    let parts = [
        ("annual.docx", "word/document.xml"),
        ("annual.docx", "word/styles.xml"),
        ("plans.pptx", "ppt/slides/slide2.xml"),
        ("plans.pptx", "ppt/presentation.xml"),
        ("sales.xlsx", "xl/worksheets/sheet1.xml"),
        ("sales.xlsx", "xl/styles.xml"),
        ("lane.epub", "OEBPS/book.opf"),
    ];
    for (file, broken) in parts {
        let bytes = sample(file);
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes[..])).unwrap();
        let mut original = Vec::new();
        archive.by_name(broken).unwrap().read_to_end(&mut original).unwrap();
        mutants(&[original], 100, |mutant| {
            let mut archive = zip::ZipArchive::new(Cursor::new(&bytes[..])).unwrap();
            let mut packed = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for index in 0..archive.len() {
                let entry = archive.by_index_raw(index).unwrap();
                if entry.name().unwrap() != broken {
                    packed.raw_copy_file(entry).unwrap();
                }
            }
            packed.start_file(broken, zip::write::SimpleFileOptions::default()).unwrap();
            packed.write_all(mutant).unwrap();
            check(&packed.finish().unwrap().into_inner());
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        check(&bytes);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}(\n\\PC{0,50}){0,8}") {
        check(text.as_bytes());
    }

    #[test]
    fn any_mix_of_elements_is_read_or_refused(
        parts in proptest::collection::vec("<(/)?(p|div|ul|li|table|tr|td|th|pre|h2|b|script|br)( hidden)?(/)?>|[a-z字]{1,4} ?", 0..40),
    ) {
        check(format!("<html>{}", parts.concat()).as_bytes());
    }
}
