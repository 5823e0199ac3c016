//! What is too much, and what is nothing.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::io::Write as _;

use reading::{FileKind, Limits, Measure, ReadError, read};
use zip::write::{SimpleFileOptions, ZipWriter};

fn archive<'a>(parts: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn word(body: &str) -> Vec<u8> {
    let text = format!("<w:document><w:body>{body}</w:body></w:document>");
    archive([("word/document.xml", text.into_bytes())])
}

fn error(bytes: &[u8]) -> ReadError {
    read(bytes, &Limits::default()).unwrap_err()
}

fn measured(bytes: &[u8], limits: &Limits) -> Measure {
    match read(bytes, limits).unwrap_err() {
        ReadError::TooLarge { measure, found, limit } => {
            assert!(found > limit, "{measure:?}: {found} of {limit}");
            measure
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_empty_file_and_one_of_blanks_are_empty() {
    for bytes in
        [&b""[..], b"  \n\t ", "\u{feff}\u{3000}".as_bytes(), &word("<w:p/>"), b"<html><body> </body></html>"]
    {
        assert_eq!(error(bytes), ReadError::Empty);
    }
}

#[test]
fn what_is_no_document_is_named_and_told_what_to_do() {
    let message = |bytes: &[u8]| error(bytes).to_string();
    let picture = "This is a picture, which cannot be read. Nothing was kept; let a program recognise its text first (OCR).";
    assert_eq!(message(b"\x89PNG\r\n\x1a\n"), picture);
    assert!(message(b"{\\rtf1 x}").contains("save it as Word"));
    assert!(message(&archive([("a.txt", b"x".to_vec())])).contains("unpack it"));
    assert!(message(&archive([("content.xml", b"x".to_vec())])).contains("OpenDocument"));
    assert!(message(&(0..=255).cycle().take(5_000).collect::<Vec<u8>>()).contains("bytes, not of text"));
    let old = [&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1][..], &[0; 600]].concat();
    assert!(message(&old).contains("save it as docx"));
    let locked: Vec<u8> =
        old.into_iter().chain("EncryptedPackage".bytes().flat_map(|byte| [byte, 0])).collect();
    assert_eq!(error(&locked), ReadError::Encrypted { kind: FileKind::Docx });
}

#[test]
fn a_bomb_is_refused_by_what_its_directory_says_and_by_what_comes_out() {
    let limits = Limits { unpacked: 8 << 20, ..Limits::default() };
    let bomb = archive([("word/document.xml", vec![b' '; 4 << 20])]);
    assert_eq!(measured(&bomb, &limits), Measure::Ratio);
    // The same, but its directory says that hardly anything comes out.
    let mut liar = bomb;
    let size = u32::try_from(4 << 20).unwrap().to_le_bytes();
    while let Some(at) = liar.windows(4).position(|window| window == size) {
        liar[at..at + 4].copy_from_slice(&1_000_u32.to_le_bytes());
    }
    assert!(
        matches!(error(&liar), ReadError::Broken { what, .. } if what.contains("larger than its declared"))
    );
    let noise: Vec<u8> =
        (0..(9 << 20)).map(|at: u32| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    assert_eq!(measured(&archive([("word/document.xml", noise)]), &limits), Measure::Unpacked);
}

#[test]
fn a_pdf_that_grows_a_thousandfold_is_refused_before_it_is_read() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![b' '; 16 << 20]).unwrap();
    let once = packed.finish().unwrap();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&once).unwrap();
    let twice = packed.finish().unwrap();
    for (stream, filter) in [(once, "/FlateDecode"), (twice, "[/FlateDecode /FlateDecode]")] {
        let head = format!("%PDF-1.7\n1 0 obj <</Length {}/Filter {filter}>> stream\n", stream.len());
        let pdf = [head.as_bytes(), &stream, b"\nendstream endobj"].concat();
        assert_eq!(measured(&pdf, &Limits::default()), Measure::Ratio);
    }
}

#[test]
fn a_pdf_of_ten_thousand_pages_has_too_many() {
    let kids: String = (0..10_000).map(|page| format!("{} 0 R ", page + 3)).collect();
    let mut pdf = format!(
        "%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Count 10000/Kids[{kids}]>> endobj\n"
    );
    for page in 0..10_000 {
        let page = format!("{} 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> endobj\n", page + 3);
        pdf.push_str(&page);
    }
    pdf.push_str("trailer <</Root 1 0 R>>\n%%EOF");
    assert_eq!(measured(pdf.as_bytes(), &Limits::default()), Measure::Pages);
}

#[test]
fn entries_rows_characters_depth_and_bytes_have_their_limits() {
    let few = Limits { entries: 3, rows: 2, characters: 20, depth: 20, ..Limits::default() };
    let names: Vec<String> = (0..5).map(|part| part.to_string()).collect();
    assert_eq!(measured(&archive(names.iter().map(|name| (name.as_str(), vec![]))), &few), Measure::Entries);
    assert_eq!(measured(b"a,b\nc,d\ne,f\n", &few), Measure::Rows);
    assert_eq!(measured(&b"word ".repeat(9), &few), Measure::Characters);
    assert_eq!(measured(&word(&"<w:p>".repeat(30)), &few), Measure::Depth);
    assert_eq!(measured(format!("<html><body>{}x</p>", "<div>".repeat(30)).as_bytes(), &few), Measure::Depth);
    assert_eq!(measured(b"too long", &Limits { bytes: 5, ..Limits::default() }), Measure::Bytes);
}

#[test]
fn an_archive_that_announces_a_million_entries_is_not_even_listed() {
    let mut zip = archive([("word/document.xml", b"x".to_vec())]);
    let end = zip.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    zip[end + 10..end + 12].copy_from_slice(&u16::MAX.to_le_bytes());
    assert_eq!(measured(&zip, &Limits::default()), Measure::Entries);
}

#[test]
fn what_shows_nothing_is_left_out_wherever_it_stands() {
    let text =
        "A li\u{200b}ne.\u{e0049}\u{e0067}\u{202e} More\u{7}, and so on for a while, so that it is text.";
    let document = read(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(document.text(), "A line. More, and so on for a while, so that it is text.");
}

#[test]
fn errors_travel_as_json_under_their_code() {
    let error = ReadError::TooLarge { measure: Measure::Pages, found: 10_000, limit: 5_000 };
    let json = serde_json::to_value(&error).unwrap();
    let expected =
        serde_json::json!({ "code": "too_large", "measure": "pages", "found": 10_000, "limit": 5_000 });
    assert_eq!(json, expected);
    assert_eq!(json["code"], error.code());
    let message =
        "The file has 10000 pages, and at most 5000 are read. Nothing was kept; split it and give the parts.";
    assert_eq!(error.to_string(), message);
}
